import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// A client without manners: sends given bytes over TCP or TLS and waits for the end of the connection.
final class RawClient: Sendable {
    let channel: any Channel
    private let received: Received

    private final class Received: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let bytes = Mutex<[UInt8]>([])
        let certificate = Mutex<[UInt8]?>(nil)

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case TLSUserEvent.handshakeCompleted = event,
                let der = try? context.pipeline.syncOperations.nioSSL_peerCertificate()?.toDERBytes()
            {
                certificate.withLock { $0 = der }
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            bytes.withLock { $0 += Array(buffer.readableBytesView) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// With `tls` the connection is secured first. `receiveBuffer` bounds what the kernel takes for a client that does
    /// not read.
    init(port: Int, tls: TLSConfiguration? = nil, receiveBuffer: Int? = nil) async throws {
        let received = Received()
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        self.received = received
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(
                .socketOption(.so_rcvbuf), value: SocketOptionValue(clamping: receiveBuffer))
        }
        channel =
            try await bootstrap
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(received)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    /// The server may have hung up already: that is for `ended` to see.
    func send(_ bytes: [UInt8]) async {
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Reads nothing from now on.
    func deafen() async throws { try await channel.setOption(.autoRead, value: false).get() }

    /// Sends the chunk up to so many times. True as soon as the server takes no more of it, or no more of this client.
    func stalls(within count: Int, chunk: [UInt8]) async throws -> Bool {
        for _ in 0..<count {
            let sent = channel.eventLoop.makePromise(of: Void.self)
            let isStuck = channel.eventLoop.makePromise(of: Bool.self)
            channel.writeAndFlush(ByteBuffer(bytes: chunk), promise: sent)
            let timer = channel.eventLoop.scheduleTask(in: .seconds(2)) { isStuck.succeed(true) }
            sent.futureResult.whenComplete { _ in
                timer.cancel()
                isStuck.succeed(false)
            }
            if try await isStuck.futureResult.get() { return true }
            do {
                try await sent.futureResult.get()
            } catch {
                return true
            }
        }
        return false
    }

    /// What the server showed in the handshake, as DER.
    var serverCertificate: [UInt8]? { received.certificate.withLock { $0 } }

    /// Ends the connection from here; the server may have been faster.
    func close() async throws {
        channel.close(promise: nil)
        try await channel.closeFuture.get()
    }

    /// Waits until the server ends the connection; what it had said.
    func ended() async throws -> [UInt8] {
        try await channel.closeFuture.get()
        return received.bytes.withLock { $0 }
    }
}
