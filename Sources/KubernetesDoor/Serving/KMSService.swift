import ClientAPI
import Logging
import NIOCore
import SwiftProtobuf
package import UnaryGRPC

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `v2.KeyManagementService`: Status from memory on the event loop, Encrypt and Decrypt as tasks.
package struct KMSService: UnaryService {
    static let status = "/v2.KeyManagementService/Status"
    static let encrypt = "/v2.KeyManagementService/Encrypt"
    static let decrypt = "/v2.KeyManagementService/Decrypt"
    /// Encrypts and Decrypts that may wait or run at a time, over all connections.
    static let concurrentCalls = 16_384

    package let methods = [Self.status, Self.encrypt, Self.decrypt]
    private let plugin: KMSPlugin
    private let allowedUsers: Set<UInt32>?
    private let calls: AsyncUnaryAdapter<KMSCalls>

    /// - Parameter allowedUsers: user ids that may call, as the kernel names them; nil for whoever can open the socket.
    package init(plugin: KMSPlugin, allowedUsers: Set<UInt32>? = nil) {
        self.plugin = plugin
        self.allowedUsers = allowedUsers
        calls = AsyncUnaryAdapter(KMSCalls(plugin: plugin), limit: Self.concurrentCalls)
    }

    package func handle(_ call: UnaryCall) {
        if let allowedUsers, call.peer.credentials.map({ allowedUsers.contains($0.uid) }) != true {
            return call.fail(GRPCStatus(.permissionDenied, "this user may not use the plugin"))
        }
        guard call.methodIndex == 0 else { return calls.handle(call) }
        do throws(PluginRefusal) {
            let status = try plugin.status()
            var response = V2_StatusResponse()
            response.version = "v2"
            response.healthz = status.healthz
            response.keyID = status.keyID
            call.respond(try KMSCalls.encoded(response))
        } catch {
            call.fail(GRPCStatus(error))
        }
    }
}

/// The two calls that ask the federation.
struct KMSCalls: AsyncUnaryService {
    let methods = [KMSService.encrypt, KMSService.decrypt]
    let plugin: KMSPlugin
    /// Left for the answer's way back.
    private static let margin = TimeAmount.milliseconds(50)

    func handle(_ call: UnaryCall) async throws -> ByteBuffer {
        let deadline = deadline(of: call)
        do throws(PluginRefusal) {
            if call.method == KMSService.encrypt { return try await encrypt(call.message, deadline) }
            return try await decrypt(call.message, deadline)
        } catch {
            throw GRPCStatus(error)
        }
    }

    private func encrypt(_ message: ByteBuffer, _ deadline: ContinuousClock.Instant) async throws(PluginRefusal)
        -> ByteBuffer
    {
        let request: V2_EncryptRequest = try Self.decoded(message)
        let record = CallRecord("Encrypt", uid: request.uid, plugin.logger)
        do {
            let wrapped = try await Self.traced(request.uid) { () async throws(PluginRefusal) in
                try await plugin.encrypt(Array(request.plaintext), deadline: deadline)
            }
            var response = V2_EncryptResponse()
            response.ciphertext = Data(wrapped.ciphertext)
            response.keyID = wrapped.keyID
            response.annotations = wrapped.annotations.mapValues { Data($0) }
            record.succeeded(keyID: wrapped.keyID)
            return try Self.encoded(response)
        } catch {
            record.failed(error, keyID: nil)
            throw error
        }
    }

    private func decrypt(_ message: ByteBuffer, _ deadline: ContinuousClock.Instant) async throws(PluginRefusal)
        -> ByteBuffer
    {
        let request: V2_DecryptRequest = try Self.decoded(message)
        let record = CallRecord("Decrypt", uid: request.uid, plugin.logger)
        do {
            let plaintext = try await Self.traced(request.uid) { () async throws(PluginRefusal) in
                try await plugin.decrypt(
                    Array(request.ciphertext), keyID: request.keyID,
                    annotations: request.annotations.mapValues { Array($0) }, deadline: deadline)
            }
            var response = V2_DecryptResponse()
            response.plaintext = Data(plaintext)
            record.succeeded(keyID: request.keyID)
            return try Self.encoded(response)
        } catch {
            record.failed(error, keyID: request.keyID)
            throw error
        }
    }

    /// Names the calls upstream by the API server's `uid`, so that one id leads from its log to the nodes' records.
    /// Where several calls share one flight it is the first one's.
    private static func traced<Answer: Sendable>(
        _ uid: String, _ body: () async throws(PluginRefusal) -> Answer
    ) async throws(PluginRefusal) -> Answer {
        guard CallTrace.isName(uid) else { return try await body() }
        let answer = await ClavigerClient.$trace.withValue(CallTrace(name: uid)) {
            () async -> Result<Answer, PluginRefusal> in
            do throws(PluginRefusal) { return .success(try await body()) } catch { return .failure(error) }
        }
        return try answer.get()
    }

    /// A little before the caller stops waiting. To wait is better than to fail early: what the API server cannot read
    /// is an error to its own callers at once.
    private func deadline(of call: UnaryCall) -> ContinuousClock.Instant {
        guard let theirs = call.deadline else { return .now + plugin.timing.callTimeout }
        let left = theirs - .now()
        let used = left > Self.margin * 4 ? left - Self.margin : left
        return .now + min(plugin.timing.longestCall, .nanoseconds(used.nanoseconds))
    }

    private static func decoded<Request: Message>(_ message: ByteBuffer) throws(PluginRefusal) -> Request {
        do {
            return try Request(serializedBytes: Array(message.readableBytesView))
        } catch {
            throw PluginRefusal(.invalidArgument, "the request is not a message of KMS v2")
        }
    }

    static func encoded(_ response: some Message) throws(PluginRefusal) -> ByteBuffer {
        do {
            let bytes: [UInt8] = try response.serializedBytes()
            return ByteBuffer(bytes: bytes)
        } catch {
            throw PluginRefusal(.unavailable, "the answer cannot be encoded")
        }
    }
}

extension GRPCStatus {
    init(_ refusal: PluginRefusal) {
        let code: GRPCCode =
            switch refusal.kind {
            case .invalidArgument: .invalidArgument
            case .failedPrecondition: .failedPrecondition
            case .notFound: .notFound
            case .unavailable: .unavailable
            case .deadlineExceeded: .deadlineExceeded
            case .denied: .permissionDenied
            }
        self.init(code, refusal.message)
    }
}
