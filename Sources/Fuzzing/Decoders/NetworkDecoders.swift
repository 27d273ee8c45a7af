import Adversary
import KeyModel
import KeyOperations
import NIOCore
import NIOHPACK
import Peering
import UnaryGRPC

/// Framing: what stands between a connection's bytes and the messages in them.
enum NetworkDecoders {
    static let all = [peerStream, grpcBody, grpcHead, grpcTimeout, grpcMessage, peerBody, leaders, token]

    /// Pieces of a stream, cut at every `size` bytes.
    private static func pieces(_ input: [UInt8], _ size: Int) -> [ByteBuffer] {
        stride(from: 0, to: input.count, by: max(1, size)).map {
            ByteBuffer(bytes: input[$0..<min(input.count, $0 + max(1, size))])
        }
    }

    private static let peerStream = FuzzedDecoder(
        "peer-stream", from: "another node", limit: 1024,
        seeds: {
            [[[], [1], ConsensusSamples.hash], [ConsensusSamples.hash]].map { frames in
                var buffer = ByteBuffer()
                for frame in frames { FrameReader.write(frame, into: &buffer) }
                return [UInt8](buffer.readableBytesView)
            }
        },
        examine: { input in
            let whole = frames(of: input, cutAt: input.count)
            for cut in [1, 3, 16] where frames(of: input, cutAt: cut) != whole {
                throw FuzzFinding("other frames when the stream comes in pieces of \(cut)")
            }
            var buffer = ByteBuffer()
            for frame in whole.frames { FrameReader.write(frame, into: &buffer) }
            guard input.starts(with: buffer.readableBytesView) else { throw FuzzFinding("its frames were not sent") }
            return whole.isRefused ? .refused : .accepted
        })

    private static func frames(of input: [UInt8], cutAt size: Int) -> (frames: [[UInt8]], isRefused: Bool) {
        var reader = FrameReader(limit: 512)
        var frames: [[UInt8]] = []
        do {
            for piece in pieces(input, size) {
                reader.append(piece)
                while let frame = try reader.next() { frames.append(frame) }
            }
        } catch {
            return (frames, true)
        }
        return (frames, false)
    }

    private static let grpcBody = FuzzedDecoder(
        "grpc-body", from: "a caller", limit: 1024,
        seeds: {
            [HTTP2Bytes.message([]), HTTP2Bytes.message(ConsensusSamples.hash), HTTP2Bytes.message([1], flag: 1)]
        },
        examine: { input in
            let whole = body(input, cutAt: input.count)
            for cut in [1, 4, 7] where body(input, cutAt: cut) != whole {
                throw FuzzFinding("another message when the body comes in pieces of \(cut)")
            }
            guard let message = whole else { return .refused }
            let framed = MessageAssembler.frame(ByteBuffer(bytes: message), allocator: ByteBufferAllocator())
            guard [UInt8](framed.readableBytesView) == input else { throw FuzzFinding("its message was not sent") }
            return .accepted
        })

    private static func body(_ input: [UInt8], cutAt size: Int) -> [UInt8]? {
        var assembler = MessageAssembler(limit: 512)
        for piece in pieces(input, size) where assembler.append(piece) != nil { return nil }
        guard case .success(let message) = assembler.finish() else { return nil }
        return [UInt8](message.readableBytesView)
    }

    private static let grpcHead = FuzzedDecoder(
        "grpc-head", from: "a caller",
        seeds: {
            [
                HTTP2Bytes.block("/claviger.v1.KeyService/Encrypt", adding: [("grpc-timeout", "500m")]),
                HTTP2Bytes.block("/x", changing: ["te": nil], adding: [("user-agent", "grpc-go/1.68")]),
            ]
        },
        examine: { input in
            var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
            var buffer = ByteBuffer(bytes: input)
            guard let headers = try? decoder.decodeHeaders(from: &buffer),
                let head = try? RequestHead(headers)
            else { return .refused }
            // Whoever looks at the first header of a name and whoever looks at the last must see the same.
            func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map { $0.value } }
            guard values(":method") == ["POST"], values(":path").count <= 1, (values(":path").first ?? "") == head.path
            else {
                throw FuzzFinding("a request with another method or path")
            }
            return .accepted
        })

    private static let grpcTimeout = FuzzedDecoder(
        "grpc-timeout", from: "a caller", shape: .text, limit: 64,
        seeds: { ["1S", "500m", "99999999H", "1n", "250u", "3M"].map { Array($0.utf8) } },
        examine: { input in
            guard let text = DocumentDecoders.text(input), let amount = CallTimeout.parse(text) else { return .refused }
            // Sent on, it may be rounded up to a millisecond and cut to what eight digits of seconds say.
            guard let sent = CallTimeout.parse(CallTimeout.text(for: amount)) else {
                throw FuzzFinding("its own timeout is refused: \(CallTimeout.text(for: amount))")
            }
            let longest = TimeAmount.seconds(99_999_999)
            guard sent >= min(amount, longest) - .seconds(1), sent <= amount + .milliseconds(1) else {
                throw FuzzFinding("a timeout of \(amount.nanoseconds) ns becomes \(sent.nanoseconds) ns")
            }
            return .accepted
        })

    private static let grpcMessage = FuzzedDecoder(
        "grpc-status-message", from: "a node", shape: .text, limit: 4096,
        seeds: { ["key eu/acme/orders is disabled", "100 % of \"é\"\n", "%41%zz%", ""].map { Array($0.utf8) } },
        examine: { input in
            guard let text = DocumentDecoders.text(input) else { return .refused }
            _ = StatusMessage.decode(text)
            let sent = StatusMessage.encode(text)
            guard sent.utf8.allSatisfy({ $0 >= 0x20 && $0 <= 0x7E }) else {
                throw FuzzFinding("not printable: \(sent)")
            }
            guard text.utf8.count <= GRPCStatus.maximumMessageBytes else { return .accepted }
            guard StatusMessage.decode(sent).utf8.elementsEqual(text.utf8) else {
                throw FuzzFinding("another message comes back: \(StatusMessage.decode(sent))")
            }
            return .accepted
        })

    private struct PeerCall: Equatable {
        var name: String
        var number: UInt64
        var body: [UInt8]

        var bytes: [UInt8] {
            var writer = PeerBodyWriter()
            writer.field(name.utf8)
            writer.number(number)
            writer.field(body)
            return writer.bytes
        }
    }

    private static let peerBody = FuzzedDecoder(
        "peer-call", from: "another node", isCanonical: true,
        seeds: { [PeerCall(name: "eu", number: 3, body: ConsensusSamples.hash).bytes] },
        decode: { input -> PeerCall? in
            var reader = try PeerBodyReader(input)
            let call = PeerCall(
                name: try reader.text(limit: 64), number: try reader.number(), body: try reader.field(limit: 8192))
            try reader.finish()
            return call
        }, encode: { $0.bytes })

    private struct Leaders: Equatable {
        var rows: [[UInt64]]
    }

    private static let leaders = FuzzedDecoder(
        "leader-hints", from: "another node", isCanonical: true,
        seeds: { [encoded(Leaders(rows: [])), encoded(Leaders(rows: [[2, 65537], [3, 0]]))] },
        decode: { Leaders(rows: try LeaderHints.decode($0).map { [$0.group, $0.leader] }) }, encode: { encoded($0) })

    private static func encoded(_ leaders: Leaders) -> [UInt8] {
        var body = PeerBodyWriter()
        body.number(UInt64(leaders.rows.count))
        for number in leaders.rows.flatMap({ $0 }) { body.number(number) }
        return body.bytes
    }

    private static let token = FuzzedDecoder(
        "consistency-token", from: "a caller", limit: 64, isCanonical: true,
        seeds: { [ConsistencyToken(group: 2, index: 43).encoded, []] },
        decode: { try ConsistencyToken.decode($0) }, encode: { $0.encoded })
}
