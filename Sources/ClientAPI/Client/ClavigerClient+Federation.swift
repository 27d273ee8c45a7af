package import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ClavigerClient {
    /// The federation as the nearest healthy node sees it.
    package func describeFederation(
        timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_DescribeFederationResponse {
        try await send(
            FederationMethod.describe, Claviger_V1_DescribeFederationRequest(), route: .anywhere, mayHedge: true,
            timeout: timeout)
    }

    /// Changes the federation to `topology`, or with `dryRun` only says what would change.
    package func applyTopology(
        _ topology: String, dryRun: Bool, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_ApplyTopologyResponse {
        var request = Claviger_V1_ApplyTopologyRequest()
        request.topology = topology
        request.dryRun = dryRun
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        return try await send(
            FederationMethod.applyTopology, request, route: .anywhere, mayHedge: false, timeout: timeout)
    }

    /// What the named node holds.
    package func inventory(
        node: String, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_InventoryResponse {
        try await send(
            FederationMethod.inventory, Claviger_V1_InventoryRequest(), route: .node(node), mayHedge: true,
            timeout: timeout)
    }

    /// How one node is, asked of itself.
    package func nodeStatus(
        node: String, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_NodeStatusResponse {
        try await send(
            FederationMethod.nodeStatus, Claviger_V1_NodeStatusRequest(), route: .node(node), mayHedge: true,
            timeout: timeout)
    }

    /// Asks `leader`, which leads `group`, to hand over to `targetNode`; empty: to whom it chooses.
    package func transferLeadership(
        group: UInt64, from leader: String, to targetNode: String, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_ChangeResponse {
        var request = Claviger_V1_TransferLeadershipRequest()
        request.group = group
        request.targetNode = targetNode
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        return try await send(
            FederationMethod.transferLeadership, request, route: .node(leader), mayHedge: false, timeout: timeout)
    }

    /// Asks a node itself to hand its leaderships over and to take no more work.
    package func drainNode(_ node: String, timeout: TimeAmount? = nil) async throws(ClientError)
        -> Claviger_V1_ChangeResponse
    {
        var request = Claviger_V1_DrainNodeRequest()
        request.node = node
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        return try await send(
            FederationMethod.drainNode, request, route: .node(node), mayHedge: false, timeout: timeout)
    }

    /// Readmits a node that lost its disk under its next incarnation.
    package func rejoinNode(_ node: String, timeout: TimeAmount? = nil) async throws(ClientError)
        -> Claviger_V1_ChangeResponse
    {
        var request = Claviger_V1_RejoinNodeRequest()
        request.node = node
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        return try await send(FederationMethod.rejoinNode, request, route: .anywhere, mayHedge: false, timeout: timeout)
    }

    /// Asks a node itself to leave service for so many seconds, at most 3600; 0: to come back. The node does so by
    /// itself when the time is over.
    package func isolateNode(_ node: String, seconds: UInt32, timeout: TimeAmount? = nil) async throws(ClientError)
        -> Claviger_V1_ChangeResponse
    {
        var request = Claviger_V1_IsolateNodeRequest()
        request.node = node
        request.seconds = seconds
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        return try await send(
            FederationMethod.isolateNode, request, route: .node(node), mayHedge: false, timeout: timeout)
    }
}
