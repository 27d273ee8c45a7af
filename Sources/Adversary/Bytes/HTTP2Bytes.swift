/// HTTP/2 frames and header blocks by hand (RFC 9113, RFC 7541), so that they can be wrong.
package enum HTTP2Bytes {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let settings = frame(4, stream: 0, [])
    /// What a client sends first.
    package static let opening = preface + settings

    enum Flag {
        static let endStream: UInt8 = 0x1
        static let endHeaders: UInt8 = 0x4
    }

    /// `length` where the head shall claim another one than the payload has.
    static func frame(
        _ type: UInt8, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8], length: Int? = nil
    ) -> [UInt8] {
        let count = UInt32(truncatingIfNeeded: length ?? payload.count)
        let head: [UInt8] = [
            UInt8(truncatingIfNeeded: count >> 16), UInt8(truncatingIfNeeded: count >> 8),
            UInt8(truncatingIfNeeded: count), type, flags,
        ]
        return head + bigEndian(stream) + payload
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
    }

    /// A header as a literal that is not indexed, neither name nor value Huffman coded (RFC 7541, 6.2.2).
    static func literal(_ name: String, _ value: String) -> [UInt8] { [0x00] + string(name) + string(value) }

    private static func string(_ text: String) -> [UInt8] { integer(text.utf8.count, prefix: 7) + Array(text.utf8) }

    /// RFC 7541, 5.1.
    static func integer(_ value: Int, prefix: Int, pattern: UInt8 = 0) -> [UInt8] {
        let most = (1 << prefix) - 1
        if value < most { return [pattern | UInt8(value)] }
        var rest = value - most
        var bytes = [pattern | UInt8(most)]
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// The header block of a gRPC request as it should be.
    package static func block(_ path: String, changing: [String: String?] = [:], adding: [(String, String)] = [])
        -> [UInt8]
    {
        let usual = [
            (":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "localhost"),
            ("te", "trailers"), ("content-type", "application/grpc"),
        ]
        return usual.flatMap { name, value -> [UInt8] in
            guard let changed = changing[name] else { return literal(name, value) }
            return changed.map { literal(name, $0) } ?? []
        } + adding.flatMap { literal($0.0, $0.1) }
    }

    /// A message behind gRPC's prefix: a flag and the length.
    package static func message(_ body: [UInt8], flag: UInt8 = 0, length: UInt32? = nil) -> [UInt8] {
        [flag] + bigEndian(length ?? UInt32(truncatingIfNeeded: body.count)) + body
    }

    /// A request of headers and one body, which ends the stream.
    package static func request(_ stream: UInt32, block: [UInt8], body: [UInt8]) -> [UInt8] {
        var frames = frame(1, flags: Flag.endHeaders, stream: stream, block)
        var rest = body[...]
        repeat {
            let piece = rest.prefix(16_384)
            rest = rest.dropFirst(piece.count)
            frames += frame(0, flags: rest.isEmpty ? Flag.endStream : 0, stream: stream, Array(piece))
        } while !rest.isEmpty
        return frames
    }

    /// The streams of a client: 1, 3, 5…
    package static func stream(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: 2 * index + 1) }
}

/// Counts the streams that a server has ended, from the bytes that it sends.
package struct HTTP2AnswerCounter {
    private var buffer: [UInt8] = []
    /// Bytes of the payload at hand that are still to come.
    private var skipping = 0
    package private(set) var ended = 0

    package init() {}

    /// Takes the next bytes, wherever they were cut.
    package mutating func read(_ bytes: some Sequence<UInt8>) {
        buffer.append(contentsOf: bytes)
        var place = 0
        while true {
            let skipped = min(skipping, buffer.count - place)
            place += skipped
            skipping -= skipped
            guard skipping == 0, buffer.count - place >= 9 else { break }
            let head = buffer[place..<place + 9]
            skipping = Int(head[place]) << 16 | Int(head[place + 1]) << 8 | Int(head[place + 2])
            let (type, flags) = (head[place + 3], head[place + 4])
            if type == 3 || (type <= 1 && flags & HTTP2Bytes.Flag.endStream != 0) { ended += 1 }
            place += 9
        }
        buffer.removeFirst(place)
    }
}
