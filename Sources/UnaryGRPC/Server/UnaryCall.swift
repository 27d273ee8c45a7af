package import NIOCore
import NIOHTTP2
import Synchronization

enum UnaryReply: Sendable {
    case message(ByteBuffer)
    case failure(GRPCStatus)
}

/// One call. It is answered once; later answers, and answers to a call that was cancelled, are dropped.
// SAFETY: `message`, `deadline`, `requestID` and `methodIndex` are written on the event loop before `handle` gets the
// call and not after; `assembler`, `expiry`, `service` and `isBodyComplete` are used by the connection on its loop
// only; the rest is locked or atomic.
package final class UnaryCall: @unchecked Sendable {
    package let method: String
    package let methodIndex: Int
    package internal(set) var message = ByteBuffer()
    /// When the caller stops waiting. Nil if it named no timeout.
    package internal(set) var deadline: NIODeadline?
    /// How the caller names the call: 1 to 64 of letters, digits and `._:-`. Only good to be written down. Nil if it
    /// does not.
    package internal(set) var requestID: String?
    package var peer: UnaryPeer { connection.peer }
    package var loop: UnaryLoop { connection.loop }
    package var eventLoop: any EventLoop { connection.loop.eventLoop }

    let connection: ServerConnection
    let streamID: HTTP2StreamID
    let service: (any UnaryService)?
    var assembler: MessageAssembler
    var expiry = NIODeadline.distantFuture
    var isBodyComplete = false
    var discarded = 0

    private let isAnswered = Atomic<Bool>(false)
    private enum Cancellation {
        case none
        case waiting(@Sendable () -> Void)
        case happened
    }
    private let cancellation = Mutex<Cancellation>(.none)

    init(
        method: String, methodIndex: Int, service: (any UnaryService)?, connection: ServerConnection,
        streamID: HTTP2StreamID, limit: Int
    ) {
        self.method = method
        self.methodIndex = methodIndex
        self.service = service
        self.connection = connection
        self.streamID = streamID
        self.assembler = MessageAssembler(limit: limit)
    }

    /// Answers with a message. From any thread; replies of one tick leave together.
    package func respond(_ message: ByteBuffer) { finish(.message(message)) }

    /// Answers with a failure. From any thread.
    package func fail(_ status: GRPCStatus) { finish(.failure(status)) }

    /// True after the caller reset the stream, its connection ended, or its deadline passed.
    package var isCancelled: Bool {
        cancellation.withLock { if case .happened = $0 { true } else { false } }
    }

    /// Runs `body` once if the call is cancelled before it is answered: at once if it already was. On the loop or on
    /// the calling thread.
    package func onCancel(_ body: @escaping @Sendable () -> Void) {
        let runNow = cancellation.withLock { state in
            if case .happened = state { return true }
            state = .waiting(body)
            return false
        }
        if runNow { body() }
    }

    private func finish(_ reply: UnaryReply) {
        guard claim() else { return }
        if connection.loop.eventLoop.inEventLoop {
            connection.write(reply, to: self)
        } else {
            connection.loop.post(self, reply)
        }
    }

    /// True for the first answer only.
    func claim() -> Bool {
        isAnswered.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    }

    func cancel() {
        let handler: (@Sendable () -> Void)? = cancellation.withLock { state in
            defer { state = .happened }
            if case .waiting(let body) = state { return body }
            return nil
        }
        handler?()
    }
}
