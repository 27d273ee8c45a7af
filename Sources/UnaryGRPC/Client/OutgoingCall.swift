import NIOCore
import NIOHTTP2

/// One call of a client, from the queue to its end. Confined to the client's event loop.
final class OutgoingCall {
    let method: String
    let message: ByteBuffer
    let deadline: NIODeadline
    /// Nil, or an id that may travel.
    let requestID: String?
    private var completion: (@Sendable (Result<ByteBuffer, GRPCStatus>) -> Void)?
    let number: UInt64

    // What came back so far.
    var streamID: HTTP2StreamID?
    var httpStatus: String?
    var assembler: MessageAssembler
    /// Told at the end, before the caller.
    var onEnd: (() -> Void)?

    init(
        number: UInt64, method: String, message: ByteBuffer, deadline: NIODeadline, requestID: String?, limit: Int,
        completion: @escaping @Sendable (Result<ByteBuffer, GRPCStatus>) -> Void
    ) {
        self.number = number
        self.method = method
        self.message = message
        self.deadline = deadline
        self.requestID = requestID
        self.assembler = MessageAssembler(limit: limit)
        self.completion = completion
    }

    func finish(_ result: Result<ByteBuffer, GRPCStatus>) {
        let body = completion
        completion = nil
        onEnd?()
        onEnd = nil
        body?(result)
    }
}
