import NIOCore
import NIOPosix
import Synchronization
import UnaryGRPC

/// Bytes of HTTP/2 by hand: what no library would send.
enum RawFrames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(.settings)

    enum Kind: UInt8 {
        case data = 0
        case headers = 1
        case reset = 3
        case settings = 4
        case ping = 6
        case windowUpdate = 8
        case continuation = 9
    }

    static let endStream: UInt8 = 1
    static let endHeaders: UInt8 = 4

    static func frame(_ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), kind.rawValue, flags]
            + (0..<4).map { UInt8(truncatingIfNeeded: stream >> (24 - 8 * $0)) } + payload
    }

    /// Headers of a good request, as HPACK without Huffman codes and without the dynamic table.
    static func request(_ path: String) -> [UInt8] {
        [0x83, 0x86, 0x04] + text(path) + [0x01] + text("localhost") + [0x0F, 0x10] + text("application/grpc")
            + literal("te", "trailers")
    }

    static func literal(_ name: String, _ value: String) -> [UInt8] { [0x00] + text(name) + text(value) }

    /// A header that the receiver puts into its dynamic table, as entry 62.
    static func indexed(_ name: String, _ value: String) -> [UInt8] { [0x40] + text(name) + text(value) }

    private static func text(_ text: String) -> [UInt8] {
        var count = text.utf8.count
        guard count >= 127 else { return [UInt8(count)] + Array(text.utf8) }
        var length: [UInt8] = [127]
        count -= 127
        while count >= 128 {
            length.append(UInt8(count & 127 | 128))
            count >>= 7
        }
        return length + [UInt8(count)] + Array(text.utf8)
    }

    /// Sends bytes to a unix socket. Returns when the server has ended the connection, with what it said; nil if it did
    /// not within twenty seconds.
    static func answer(at path: String, to bytes: [UInt8]) async throws -> [UInt8]? {
        let listener = RawListener()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(listener) }
            }
            .connect(unixDomainSocketPath: path).get()
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(20)) {
            listener.isLate.store(true, ordering: .relaxed)
            channel.close(promise: nil)
        }
        try? await channel.closeFuture.get()
        deadline.cancel()
        return listener.isLate.load(ordering: .relaxed) ? nil : listener.heard.withLock { $0 }
    }
}

/// Keeps what comes.
final class RawListener: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let heard = Mutex<[UInt8]>([])
    let isLate = Atomic<Bool>(false)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        heard.withLock { $0 += bytes }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
