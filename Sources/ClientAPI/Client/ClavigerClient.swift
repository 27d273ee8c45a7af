package import NIOCore
import NIOPosix
import SwiftProtobuf
import UnaryGRPC

/// A client of a whole federation. It sends each call to a node that may hold the key, the nearest first, and goes on
/// to the next one within the caller's time when a node or a region fails. A key never travels to a node outside its
/// placement.
package final class ClavigerClient: Sendable {
    private let core: NIOLoopBound<ClientCore>
    private let eventLoop: any EventLoop
    /// Time for a call that names none.
    private let defaultTimeout: TimeAmount

    /// Follows the calls that are made while it is set, of any client.
    @TaskLocal package static var trace: CallTrace?

    package init(
        _ configuration: ClientConfiguration, defaultTimeout: TimeAmount = .seconds(10),
        eventLoop: (any EventLoop)? = nil
    ) async throws(ClientError) {
        let loop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.any()
        self.eventLoop = loop
        self.defaultTimeout = defaultTimeout
        do {
            core = try await loop.submit {
                let core = ClientCore(configuration: configuration, eventLoop: loop)
                core.startRefreshing()
                return NIOLoopBound(core, eventLoop: loop)
            }.get()
        } catch {
            throw ClientError(.internalError, "the event loop is shut down")
        }
    }

    /// Ends all connections.
    package func close() async {
        let core = core
        try? await eventLoop.submit { core.value.close() }.get()
    }

    /// One call: encodes, races, decodes.
    func send<Request: Message, Response: Message>(
        _ method: String, _ request: Request, route: CallRoute, mayHedge: Bool, timeout: TimeAmount?,
        asksOnce: Bool = false
    ) async throws(ClientError) -> Response {
        let bytes: [UInt8]
        do {
            bytes = try request.serializedBytes()
        } catch {
            throw ClientError(.invalidRequest, "the request cannot be encoded")
        }
        let sent = CallRace.Request(
            method: method, message: ByteBuffer(bytes: bytes), route: route, mayHedge: mayHedge,
            deadline: .now() + (timeout ?? defaultTimeout), asksOnce: asksOnce, trace: Self.trace)
        let reply = try await race(sent).get()
        do {
            return try Response(serializedBytes: Array(reply.readableBytesView))
        } catch {
            throw ClientError(.internalError, "the reply cannot be decoded")
        }
    }

    private func race(_ request: CallRace.Request) async -> Result<ByteBuffer, ClientError> {
        let core = core
        let eventLoop = eventLoop
        let handle = RaceHandle()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                eventLoop.execute {
                    let race = CallRace(core: core.value, request: request) { continuation.resume(returning: $0) }
                    handle.race = race
                    race.start()
                    if handle.isCancelled { race.cancel() }
                }
            }
        } onCancel: {
            eventLoop.execute {
                handle.isCancelled = true
                handle.race?.cancel()
            }
        }
    }

    // SAFETY: both properties are touched on the client's loop only.
    private final class RaceHandle: @unchecked Sendable {
        weak var race: CallRace?
        var isCancelled = false
    }

    // MARK: - Routes and idempotency keys

    func route(toKey name: String, isWrite: Bool) throws(ClientError) -> CallRoute {
        guard let placement = CiphertextRoute.placement(ofKey: name) else {
            throw ClientError(.invalidRequest, "a key's name is placement/tenant/key")
        }
        return .holders(placement: placement, isWrite: isWrite)
    }

    func route(toCiphertext bytes: [UInt8]) throws(ClientError) -> CallRoute {
        guard let placement = CiphertextRoute.placement(ofCiphertext: bytes) else {
            throw ClientError(.ciphertextRejected, "this is not a ciphertext of this service")
        }
        return .holders(placement: placement, isWrite: false)
    }

    /// 16 random bytes: all attempts of one write carry the same, so that they have one outcome.
    static func newIdempotencyKey() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
