package import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ClavigerClient {
    /// Stores a policy document, JSON or YAML text, in a placement.
    package func putPolicy(
        placement: String, name: String, document: String, expectedGeneration: UInt64 = 0, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_PolicyResponse {
        var request = Claviger_V1_PutPolicyRequest()
        request.placement = placement
        request.name = name
        request.document = document
        request.expectedGeneration = expectedGeneration
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        return try await send(
            KeyMethod.putPolicy, request, route: .holders(placement: placement, isWrite: true), mayHedge: false,
            timeout: timeout)
    }

    /// One policy of a placement by name.
    package func getPolicy(
        placement: String, name: String, token: [UInt8] = [], timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_Policy {
        var request = Claviger_V1_GetPolicyRequest()
        request.placement = placement
        request.name = name
        request.consistencyToken = Data(token)
        let answer: Claviger_V1_PolicyResponse = try await send(
            KeyMethod.getPolicy, request, route: .holders(placement: placement, isWrite: false), mayHedge: true,
            timeout: timeout)
        return answer.policy
    }

    /// All policies of a placement.
    package func listPolicies(
        placement: String, token: [UInt8] = [], timeout: TimeAmount? = nil
    ) async throws(ClientError) -> [Claviger_V1_Policy] {
        var request = Claviger_V1_ListPoliciesRequest()
        request.placement = placement
        request.consistencyToken = Data(token)
        let answer: Claviger_V1_ListPoliciesResponse = try await send(
            KeyMethod.listPolicies, request, route: .holders(placement: placement, isWrite: false), mayHedge: true,
            timeout: timeout)
        return answer.policies
    }

    /// Whether `identity` may do `action` with `key`, and why.
    package func explainPolicy(
        key: String, identity: String, action: String, context: [String: String] = [:], timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_ExplainPolicyResponse {
        var request = Claviger_V1_ExplainPolicyRequest()
        request.key = key
        request.identity = identity
        request.action = action
        request.context = Self.entries(context)
        let route = try route(toKey: key, isWrite: false)
        return try await send(KeyMethod.explainPolicy, request, route: route, mayHedge: true, timeout: timeout)
    }
}
