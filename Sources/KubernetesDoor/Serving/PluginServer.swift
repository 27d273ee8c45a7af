import NIOCore
import NIOPosix
package import UnaryGRPC

/// The plugin's unix socket.
package struct PluginServer: Sendable {
    private let server: UnaryServer

    package init(
        plugin: KMSPlugin, allowedUsers: Set<UInt32>? = nil,
        configuration: UnaryServerConfiguration = PluginServer.standardConfiguration
    ) {
        server = UnaryServer(
            services: [KMSService(plugin: plugin, allowedUsers: allowedUsers)], configuration: configuration,
            group: MultiThreadedEventLoopGroup.singleton)
    }

    /// Many more streams and connections than API servers on one host have, and messages no longer than the contract
    /// allows: a seed, or a ciphertext with key_id and 32 KiB of annotations. An API server resets the stream of each
    /// call that it gives up, so thousands of resets are no attack.
    package static var standardConfiguration: UnaryServerConfiguration {
        var configuration = UnaryServerConfiguration()
        configuration.maximumStreams = 4096
        configuration.maximumConnections = 4096
        configuration.maximumResets = 20_000
        configuration.maximumMessageBytes = 64 << 10
        configuration.maximumReplyBytes = 64 << 10
        configuration.maximumBufferedBytes = 8 << 20
        configuration.drainGrace = .seconds(5)
        return configuration
    }

    /// Makes the socket. A socket that nobody answers on is replaced, a running one is not.
    package func listen(_ socket: UnixSocketOptions) async throws(TransportError) {
        try await server.listen(unixSocket: socket)
    }

    /// Says GOAWAY, lets running calls finish, and removes the socket.
    package func shutdown() async { await server.shutdown() }
}
