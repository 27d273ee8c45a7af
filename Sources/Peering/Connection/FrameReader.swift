package import NIOCore

/// A length prefix above the limit.
package struct FrameTooLarge: Error { package var bytes: Int }

/// Cuts a byte stream into frames: a big-endian 32-bit length, then as many bytes.
package struct FrameReader {
    private var buffer = ByteBuffer()
    /// Bytes that one frame may have.
    package var limit: Int

    package init(limit: Int) { self.limit = limit }

    /// The next bytes of the stream.
    package mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            var bytes = bytes
            buffer.writeBuffer(&bytes)
        }
    }

    /// The next whole frame, or nil when more bytes are needed. The length is checked as soon as it is there.
    package mutating func next() throws(FrameTooLarge) -> [UInt8]? {
        guard let prefix = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
        guard prefix <= limit else { throw FrameTooLarge(bytes: Int(prefix)) }
        let length = Int(prefix)
        guard buffer.readableBytes >= 4 + length else {
            buffer.discardReadBytes()
            return nil
        }
        buffer.moveReaderIndex(forwardBy: 4)
        return buffer.readBytes(length: length)
    }

    /// Writes a frame behind its length.
    package static func write(_ bytes: [UInt8], into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(truncatingIfNeeded: bytes.count))
        buffer.writeBytes(bytes)
    }
}
