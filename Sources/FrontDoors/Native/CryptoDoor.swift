import ClientAPI
import KeyModel
package import KeyOperations
import NIOCore
import SwiftProtobuf
package import UnaryGRPC

/// Encrypt and Decrypt, alone and in batches, on the connection's event loop: no task and no hop between the read and
/// the audit queue. All calls of one tick share one audit batch; their replies leave together when it is durable.
package final class CryptoDoor: UnaryService {
    package let methods = Method.allCases.map { "/claviger.v1.KeyService/\($0.rawValue)" }
    private static let batchLimit = 1000

    private enum Method: String, CaseIterable {
        case encrypt = "Encrypt"
        case decrypt = "Decrypt"
        case encryptBatch = "EncryptBatch"
        case decryptBatch = "DecryptBatch"
    }

    private let service: KeyService
    private let metrics: OperationMetrics

    package init(service: KeyService, metrics: OperationMetrics) {
        self.service = service
        self.metrics = metrics
    }

    // MARK: Per event loop

    /// Ciphers, and what waits for the end of the tick.
    private final class Lane {
        let crypto: CryptoLane?
        var batch = AuditBatch()
        var replies: [(call: UnaryCall, reply: Result<ByteBuffer, KMSError>)] = []

        init(crypto: CryptoLane?) { self.crypto = crypto }
    }

    private func lane(of loop: UnaryLoop) -> Lane { loop.state(Lane.self) { Lane(crypto: try? service.makeLane()) } }

    package func prepare(_ loop: UnaryLoop) {
        let lane = lane(of: loop)
        loop.onTickComplete { [service] in
            guard !lane.replies.isEmpty else { return }
            let batch = lane.batch
            let replies = lane.replies
            lane.batch = AuditBatch()
            lane.replies = []
            if batch.isEmpty { return Self.release(replies, nil) }
            service.commit(batch) { Self.release(replies, $0) }
        }
    }

    private static func release(
        _ replies: [(call: UnaryCall, reply: Result<ByteBuffer, KMSError>)], _ failure: KMSError?
    ) {
        var released = UnaryReplyBatch()
        for (call, reply) in replies {
            switch failure.map({ .failure($0) }) ?? reply {
            case .success(let message): released.respond(call, message)
            case .failure(let error): released.fail(call, error.grpcStatus)
            }
        }
        released.send()
    }

    // MARK: Calls

    package func handle(_ call: UnaryCall) {
        let method = Method.allCases[call.methodIndex]
        do throws(KMSError) {
            switch method {
            case .encrypt:
                let request: Claviger_V1_EncryptRequest = try decode(call)
                serve(call, method, token: request.consistencyToken, request, encrypt)
            case .decrypt:
                let request: Claviger_V1_DecryptRequest = try decode(call)
                serve(call, method, token: request.consistencyToken, request, decrypt)
            case .encryptBatch:
                let request: Claviger_V1_EncryptBatchRequest = try decode(call)
                serve(call, method, token: request.consistencyToken, request, encryptBatch)
            case .decryptBatch:
                let request: Claviger_V1_DecryptBatchRequest = try decode(call)
                serve(call, method, token: request.consistencyToken, request, decryptBatch)
            }
        } catch {
            call.fail(error.grpcStatus)
        }
    }

    private typealias Work<Request, Reply> =
        @Sendable (Request, RequestContext, Lane, CryptoLane) throws(KMSError) -> Reply

    /// Runs the use case now, or after what the caller has seen is applied here.
    private func serve<Request: Message, Reply: Message>(
        _ call: UnaryCall, _ method: Method, token: some Sequence<UInt8>, _ request: Request,
        _ work: @escaping Work<Request, Reply>
    ) {
        do throws(KMSError) {
            let context = try call.context(token: Array(token))
            if service.isCurrent(context.token) { return run(call, method, request, context, work) }
            Task { [service] in
                do throws(KMSError) {
                    try await service.waitUntilCurrent(context)
                    call.eventLoop.execute { self.run(call, method, request, context, work) }
                } catch {
                    call.fail(error.grpcStatus)
                }
            }
        } catch {
            call.fail(error.grpcStatus)
        }
    }

    private func run<Request: Message, Reply: Message>(
        _ call: UnaryCall, _ method: Method, _ request: Request, _ context: RequestContext,
        _ work: @escaping Work<Request, Reply>
    ) {
        let lane = lane(of: call.loop)
        let before = lane.batch.count
        let reply: Result<ByteBuffer, KMSError>
        do throws(KMSError) {
            guard let crypto = lane.crypto else { throw KMSError(.internalError, "no cipher could be set up") }
            reply = .success(try encode(try work(request, context, lane, crypto)))
        } catch {
            reply = .failure(error)
        }
        let doubts = lane.batch.withdraw(to: before)
        guard doubts.isEmpty else { return repeatConfirmed(call, method, request, context, work, doubts) }
        metrics.record(method.rawValue, reply.error, since: context.receivedAt)
        lane.replies.append((call, reply))
        call.loop.scheduleTick()
    }

    /// Something was not found: a quorum is asked before that is the answer.
    private func repeatConfirmed<Request: Message, Reply: Message>(
        _ call: UnaryCall, _ method: Method, _ request: Request, _ context: RequestContext,
        _ work: @escaping Work<Request, Reply>, _ doubts: [PlacementName]
    ) {
        Task { [service] in
            let confirmed = await service.confirm(doubts, in: context)
            call.eventLoop.execute { self.run(call, method, request, confirmed, work) }
        }
    }

    // MARK: Use cases

    private func encrypt(
        _ request: Claviger_V1_EncryptRequest, _ context: RequestContext, _ lane: Lane, _ crypto: CryptoLane
    )
        throws(KMSError) -> Claviger_V1_EncryptResponse
    {
        let asked = EncryptRequest(
            key: request.key, version: request.keyVersion, plaintext: Array(request.plaintext),
            context: request.context.pairs)
        let sealed = try lane.batch.take(service.encrypt(asked, in: context, on: crypto)).get()
        var reply = Claviger_V1_EncryptResponse()
        reply.ciphertext = .init(sealed.ciphertext)
        reply.keyVersion = sealed.version
        reply.keyID = .init(sealed.keyID)
        return reply
    }

    private func decrypt(
        _ request: Claviger_V1_DecryptRequest, _ context: RequestContext, _ lane: Lane, _ crypto: CryptoLane
    )
        throws(KMSError) -> Claviger_V1_DecryptResponse
    {
        let asked = DecryptRequest(ciphertext: Array(request.ciphertext), context: request.context.pairs)
        let opened = try lane.batch.take(service.decrypt(asked, in: context, on: crypto)).get()
        guard request.key.isEmpty || request.key == opened.key else {
            throw KMSError(.ciphertextRejected, "the ciphertext is refused")
        }
        var reply = Claviger_V1_DecryptResponse()
        reply.plaintext = .init(opened.plaintext)
        reply.key = opened.key
        reply.keyVersion = opened.version
        return reply
    }

    private func encryptBatch(
        _ request: Claviger_V1_EncryptBatchRequest, _ context: RequestContext, _ lane: Lane, _ crypto: CryptoLane
    ) throws(KMSError) -> Claviger_V1_EncryptBatchResponse {
        try check(request.items.count)
        var reply = Claviger_V1_EncryptBatchResponse()
        reply.items = request.items.map { item in
            var answer = Claviger_V1_EncryptBatchResponse.Item()
            do throws(KMSError) {
                answer.result = try encrypt(item, context, lane, crypto)
            } catch {
                answer.status = error.itemStatus
            }
            return answer
        }
        return reply
    }

    private func decryptBatch(
        _ request: Claviger_V1_DecryptBatchRequest, _ context: RequestContext, _ lane: Lane, _ crypto: CryptoLane
    ) throws(KMSError) -> Claviger_V1_DecryptBatchResponse {
        try check(request.items.count)
        var reply = Claviger_V1_DecryptBatchResponse()
        reply.items = request.items.map { item in
            var answer = Claviger_V1_DecryptBatchResponse.Item()
            do throws(KMSError) {
                answer.result = try decrypt(item, context, lane, crypto)
            } catch {
                answer.status = error.itemStatus
            }
            return answer
        }
        return reply
    }

    private func check(_ count: Int) throws(KMSError) {
        guard (1...Self.batchLimit).contains(count) else {
            throw KMSError(.invalidRequest, "a batch has 1 to \(Self.batchLimit) items")
        }
    }
}

extension Result {
    fileprivate var error: Failure? { if case .failure(let error) = self { error } else { nil } }
}

extension KMSError {
    fileprivate var itemStatus: Claviger_V1_ItemStatus {
        var status = Claviger_V1_ItemStatus()
        status.code = UInt32(code.grpcCode.rawValue)
        status.message = message
        status.reason = code.rawValue
        return status
    }
}
