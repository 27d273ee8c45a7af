import ClientAPI
import KeyModel
package import KeyOperations
package import NIOCore
package import UnaryGRPC

/// The cluster's own calls: what it is, what it should be, and what this node holds.
package struct FederationDoor: AsyncUnaryService {
    private enum Method: String, CaseIterable {
        case describe = "Describe"
        case applyTopology = "ApplyTopology"
        case inventory = "Inventory"
        case nodeStatus = "NodeStatus"
        case transferLeadership = "TransferLeadership"
        case drainNode = "DrainNode"
        case rejoinNode = "RejoinNode"
        case isolateNode = "IsolateNode"
    }

    package let methods = Method.allCases.map { "/claviger.v1.FederationService/\($0.rawValue)" }
    package static var operations: [String] { Method.allCases.map(\.rawValue) }

    private let federation: FederationService
    private let metrics: OperationMetrics
    private let version: String
    private let startedAt: Int64
    private let isDraining: @Sendable () -> Bool

    package init(
        federation: FederationService, metrics: OperationMetrics, version: String, startedAt: Int64,
        isDraining: @escaping @Sendable () -> Bool
    ) {
        self.federation = federation
        self.metrics = metrics
        self.version = version
        self.startedAt = startedAt
        self.isDraining = isDraining
    }

    package func handle(_ call: UnaryCall) async throws -> ByteBuffer {
        let method = Method.allCases[call.methodIndex]
        let started = monotonicNow()
        do throws(KMSError) {
            let reply = try await answer(method, call)
            metrics.record(method.rawValue, nil, since: started)
            return reply
        } catch {
            metrics.record(method.rawValue, error, since: started)
            throw error.grpcStatus
        }
    }

    private func answer(_ method: Method, _ call: UnaryCall) async throws(KMSError) -> ByteBuffer {
        switch method {
        case .describe:
            try federation.authorizeRead(in: call.context(token: []))
            try federation.requireDirectory()
            return try encode(await describe())
        case .applyTopology: return try encode(await apply(call))
        case .inventory:
            try federation.authorizeRead(in: call.context(token: []))
            return try encode(await inventory())
        case .nodeStatus:
            try federation.authorizeRead(in: call.context(token: []))
            return try encode(await status())
        case .transferLeadership:
            let request: Claviger_V1_TransferLeadershipRequest = try decode(call)
            try await federation.transferLeadership(
                of: request.group, to: request.targetNode, in: call.context(token: []))
            return try encode(Claviger_V1_ChangeResponse())
        case .drainNode:
            let request: Claviger_V1_DrainNodeRequest = try decode(call)
            try await federation.drain(request.node, in: call.context(token: []))
            return try encode(Claviger_V1_ChangeResponse())
        case .rejoinNode:
            let request: Claviger_V1_RejoinNodeRequest = try decode(call)
            var reply = Claviger_V1_ChangeResponse()
            reply.notes = [try await federation.rejoin(request.node, in: call.context(token: []))]
            return try encode(reply)
        case .isolateNode:
            let request: Claviger_V1_IsolateNodeRequest = try decode(call)
            try await federation.isolate(request.node, seconds: request.seconds, in: call.context(token: []))
            return try encode(Claviger_V1_ChangeResponse())
        }
    }

    private func describe() async -> Claviger_V1_DescribeFederationResponse {
        let state = federation.directory
        let groups = await federation.groups()
        var reply = Claviger_V1_DescribeFederationResponse()
        reply.clusterID = (state.cluster?.cluster ?? []).map { Self.hexadecimal($0) }.joined()
        reply.answeredBy = federation.service.node
        reply.regions = state.regions.map { region in
            var message = Claviger_V1_Region()
            message.name = region.name
            message.cloud = region.cloud
            message.jurisdictions = region.jurisdictions
            return message
        }
        reply.nodes = state.nodes.filter { !$0.isRemoved }.map { node in
            var message = Claviger_V1_Node()
            message.name = node.name
            message.number = UInt32(node.number)
            message.incarnation = UInt32(node.incarnation)
            message.region = node.region
            message.api = Self.endpoint(node.apiEndpoint)
            message.health = federation.isReachable(node) ? .good : .down
            return message
        }
        reply.placements = state.placements.map { placement in
            var message = Claviger_V1_Placement()
            message.name = placement.name.rawValue
            message.jurisdictions = placement.allowedJurisdictions
            message.replicas = UInt32(placement.replicas)
            message.preferredRegion = placement.leaderPreference.first ?? ""
            message.maximumStalenessMilliseconds = UInt64(max(0, placement.maxStaleness))
            if let group = state.groups(of: placement.name).first {
                message.group = group.id
                message.holders = group.replicas.compactMap { state.node(replica: $0)?.name }
                message.leader = groups.first { $0.id == group.id }?.leader ?? federation.foreignLeader(of: group.id)
            }
            return message
        }
        reply.groups = groups.map(\.message)
        return reply
    }

    private func apply(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_ApplyTopologyResponse {
        let request: Claviger_V1_ApplyTopologyRequest = try decode(call)
        var reply = Claviger_V1_ApplyTopologyResponse()
        reply.diff = try await federation.apply(
            topology: request.topology, isRehearsal: request.dryRun,
            in: call.context(token: Array(request.consistencyToken)))
        return reply
    }

    private func inventory() async -> Claviger_V1_InventoryResponse {
        var reply = Claviger_V1_InventoryResponse()
        reply.node = federation.service.node
        reply.certifiedRegion = federation.service.region.name
        reply.groups = await federation.groups().map(\.message)
        reply.placements = federation.service.placements.all.map(\.name.rawValue)
        reply.epochs = federation.heldEpochs().map { held in
            var message = Claviger_V1_HeldEpoch()
            message.placement = held.placement
            message.epochs = held.epochs
            return message
        }
        return reply
    }

    private func status() async -> Claviger_V1_NodeStatusResponse {
        var reply = Claviger_V1_NodeStatusResponse()
        reply.node = federation.service.node
        reply.region = federation.service.region.name
        reply.version = version
        reply.isDraining = isDraining()
        reply.isolatedSeconds = federation.isolation.remainingSeconds
        reply.started = startedAt
        reply.groups = await federation.groups().map(\.message)
        return reply
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = Array("0123456789abcdef")
        return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }

    private static func endpoint(_ text: String) -> Claviger_V1_Endpoint {
        var message = Claviger_V1_Endpoint()
        let parts = text.split(separator: ":")
        message.host = parts.dropLast().joined(separator: ":")
        message.port = parts.last.flatMap { UInt32($0) } ?? 0
        return message
    }
}

extension GroupCondition {
    fileprivate var message: Claviger_V1_Group {
        var message = Claviger_V1_Group()
        message.id = id
        message.placement = placement
        message.leader = leader
        message.term = term
        message.commit = commit
        message.applied = applied
        message.freshnessMilliseconds = freshnessMilliseconds ?? .max
        message.replicas = members.map { member in
            var row = Claviger_V1_Replica()
            row.node = member.node
            row.isVoter = member.isVoter
            row.match = member.match
            return row
        }
        return message
    }
}
