import ClientAPI
import KeyModel
package import KeyOperations
package import NIOCore
package import UnaryGRPC

/// Administration of keys and policies: one task per call.
package struct KeyDoor: AsyncUnaryService {
    private enum Method: String, CaseIterable {
        case createKey = "CreateKey"
        case describeKey = "DescribeKey"
        case listKeys = "ListKeys"
        case rotateKey = "RotateKey"
        case disableKey = "DisableKey"
        case enableKey = "EnableKey"
        case setKeyTags = "SetKeyTags"
        case putPolicy = "PutPolicy"
        case getPolicy = "GetPolicy"
        case listPolicies = "ListPolicies"
        case explainPolicy = "ExplainPolicy"
    }

    package let methods = Method.allCases.map { "/claviger.v1.KeyService/\($0.rawValue)" }
    private let service: KeyService
    private let metrics: OperationMetrics

    package init(service: KeyService, metrics: OperationMetrics) {
        self.service = service
        self.metrics = metrics
    }

    package static var operations: [String] { Method.allCases.map(\.rawValue) }

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
        case .createKey: try encode(await create(call))
        case .describeKey: try encode(await describe(call))
        case .listKeys: try encode(await list(call))
        case .rotateKey: try encode(await rotate(call))
        case .disableKey: try encode(await change(call, isEnabled: false))
        case .enableKey: try encode(await change(call, isEnabled: true))
        case .setKeyTags: try encode(await setTags(call))
        case .putPolicy: try encode(await putPolicy(call))
        case .getPolicy: try encode(await policy(call))
        case .listPolicies: try encode(await policies(call))
        case .explainPolicy: try encode(await explain(call))
        }
    }

    // MARK: Keys

    private func create(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_KeyResponse {
        let request: Claviger_V1_CreateKeyRequest = try decode(call)
        let name = request.algorithm.isEmpty ? Algorithm.allCases[0].rawValue : request.algorithm
        guard let algorithm = Algorithm(rawValue: name) else {
            let known = Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw KMSError(.invalidRequest, "the algorithm is one of \(known)")
        }
        return try await service.createKey(
            request.name, algorithm: algorithm, tags: request.tags.keyTags,
            idempotencyKey: Array(request.idempotencyKey),
            in: call.context(token: Array(request.consistencyToken))
        ).message
    }

    private func describe(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_KeyResponse {
        let request: Claviger_V1_DescribeKeyRequest = try decode(call)
        var reply = Claviger_V1_KeyResponse()
        reply.key = try await service.describeKey(
            request.name, confirmed: request.confirmed, in: call.context(token: Array(request.consistencyToken))
        ).message
        return reply
    }

    private func list(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_ListKeysResponse {
        let request: Claviger_V1_ListKeysRequest = try decode(call)
        let page = try await service.listKeys(
            prefix: request.prefix, after: request.pageToken.isEmpty ? nil : request.pageToken,
            limit: request.pageSize == 0 ? 100 : Int(request.pageSize),
            in: call.context(token: Array(request.consistencyToken)))
        var reply = Claviger_V1_ListKeysResponse()
        reply.keys = page.keys.map(\.message)
        reply.nextPageToken = page.next ?? ""
        return reply
    }

    private func rotate(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_KeyResponse {
        let request: Claviger_V1_RotateKeyRequest = try decode(call)
        return try await service.rotateKey(
            request.name, expected: request.expectedGeneration, idempotencyKey: Array(request.idempotencyKey),
            in: call.context(token: Array(request.consistencyToken))
        ).message
    }

    private func change(_ call: UnaryCall, isEnabled: Bool) async throws(KMSError) -> Claviger_V1_KeyResponse {
        let request: Claviger_V1_ChangeKeyRequest = try decode(call)
        return try await service.setEnabled(
            isEnabled, key: request.name, idempotencyKey: Array(request.idempotencyKey),
            in: call.context(token: Array(request.consistencyToken))
        ).message
    }

    private func setTags(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_KeyResponse {
        let request: Claviger_V1_SetKeyTagsRequest = try decode(call)
        return try await service.setTags(
            request.tags.keyTags, key: request.name, idempotencyKey: Array(request.idempotencyKey),
            in: call.context(token: Array(request.consistencyToken))
        ).message
    }

    // MARK: Policies

    private func putPolicy(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_PolicyResponse {
        let request: Claviger_V1_PutPolicyRequest = try decode(call)
        var policy = try PolicyDocument.parse(request.document, name: request.name)
        policy.version = request.expectedGeneration
        let written = try await service.putPolicy(
            policy, placement: request.placement, idempotencyKey: Array(request.idempotencyKey),
            in: call.context(token: Array(request.consistencyToken)))
        var reply = Claviger_V1_PolicyResponse()
        reply.policy = written.value.message(placement: request.placement)
        reply.consistencyToken = .init(written.token.encoded)
        return reply
    }

    private func policy(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_PolicyResponse {
        let request: Claviger_V1_GetPolicyRequest = try decode(call)
        let policy = try await service.policy(
            named: request.name, of: request.placement, in: call.context(token: Array(request.consistencyToken)))
        var reply = Claviger_V1_PolicyResponse()
        reply.policy = policy.message(placement: request.placement)
        return reply
    }

    private func policies(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_ListPoliciesResponse {
        let request: Claviger_V1_ListPoliciesRequest = try decode(call)
        let policies = try await service.policies(
            of: request.placement, in: call.context(token: Array(request.consistencyToken)))
        var reply = Claviger_V1_ListPoliciesResponse()
        reply.policies = policies.map { $0.message(placement: request.placement) }
        return reply
    }

    private func explain(_ call: UnaryCall) async throws(KMSError) -> Claviger_V1_ExplainPolicyResponse {
        let request: Claviger_V1_ExplainPolicyRequest = try decode(call)
        guard let action = Action(rawValue: request.action) else {
            throw KMSError(
                .invalidRequest, "an action is one of \(Action.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let entries = request.context.map { ContextEntry(key: $0.name, value: $0.value) }
        let (decision, statements) = try await service.explain(
            request.identity, action, key: request.key, entries: entries,
            in: call.context(token: Array(request.consistencyToken)))
        var reply = Claviger_V1_ExplainPolicyResponse()
        reply.allowed = decision.isAllowed
        let deciding =
            decision.statements.isEmpty ? "no statement applies" : decision.statements.joined(separator: ", ")
        reply.reasons =
            [
                "\(decision.verdict.rawValue): \(deciding)"
            ]
            + statements.map(Self.line)
        return reply
    }

    private static func line(_ statement: StatementExplanation) -> String {
        let misses = [
            (statement.principalMatches, "principal"), (statement.actionMatches, "action"),
            (statement.keyMatches, "key"),
            (statement.conditionsHold, "conditions"),
        ].filter { !$0.0 }.map(\.1)
        let verdict = misses.isEmpty ? "applies" : "does not apply: \(misses.joined(separator: ", "))"
        return "\(statement.statement) (\(statement.effect.rawValue)) \(verdict)"
    }
}

extension [String: String] {
    /// In byte order of their keys, so that equal requests are equal bytes.
    fileprivate var keyTags: [KeyTag] { map { KeyTag(key: $0.key, value: $0.value) }.sorted() }
}

extension Policy {
    func message(placement: String) -> Claviger_V1_Policy {
        var message = Claviger_V1_Policy()
        message.placement = placement
        message.name = name
        message.document = PolicyDocument.shown(self)
        message.generation = version
        return message
    }
}
