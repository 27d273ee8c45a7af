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

    /// With `tls` the connection is secured first.
    init(port: Int, tls: TLSConfiguration? = nil) async throws {
        let received = Received()
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        self.received = received
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
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
