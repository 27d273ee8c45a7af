package import NIOCore

/// Collects the one length-prefixed message of a unary body. Nothing is reserved for
/// bytes that were only announced.
package struct MessageAssembler {
    private var buffer = ByteBuffer()
    let limit: Int

    package init(limit: Int) { self.limit = limit }

    /// Bytes held.
    var count: Int { buffer.readableBytes }

    /// Takes the next piece of the body. Returns what is wrong with it, or nil.
    package mutating func append(_ piece: ByteBuffer) -> GRPCStatus? {
        if buffer.readableBytes == 0 {
            // The whole message nearly always comes in one frame: keep it, copy nothing.
            buffer = piece
        } else {
            var piece = piece
            buffer.writeBuffer(&piece)
        }
        guard buffer.readableBytes >= 5 else { return nil }
        let flag: UInt8? = buffer.getInteger(at: buffer.readerIndex)
        guard flag == 0 else {
            return flag == 1
                ? GRPCStatus(.unimplemented, "compressed messages are not supported")
                : GRPCStatus(.invalidArgument, "bad message flag")
        }
        let length = Int(buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self) ?? 0)
        guard length <= limit else {
            return GRPCStatus(.resourceExhausted, "message of \(length) bytes is above the limit of \(limit)")
        }
        guard buffer.readableBytes <= 5 + length else {
            return GRPCStatus(.invalidArgument, "more than one message in a unary call")
        }
        return nil
    }

    /// The message, or what is wrong with the body as a whole.
    package mutating func finish() -> Result<ByteBuffer, GRPCStatus> {
        guard buffer.readableBytes >= 5 else {
            return .failure(
                GRPCStatus(.invalidArgument, buffer.readableBytes == 0 ? "no message" : "truncated message"))
        }
        let length = Int(buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self) ?? 0)
        guard buffer.readableBytes == 5 + length else {
            return .failure(GRPCStatus(.invalidArgument, "truncated message"))
        }
        buffer.moveReaderIndex(forwardBy: 5)
        let message = buffer
        buffer = ByteBuffer()
        return .success(message)
    }

    /// Message with its prefix, as the DATA of a reply or request.
    package static func frame(_ message: ByteBuffer, allocator: ByteBufferAllocator) -> ByteBuffer {
        var data = allocator.buffer(capacity: 5 + message.readableBytes)
        data.writeInteger(0, as: UInt8.self)
        data.writeInteger(UInt32(truncatingIfNeeded: message.readableBytes))
        data.writeImmutableBuffer(message)
        return data
    }
}
