import NIOCore
import NIOPosix
import UnaryGRPC

/// A server with the echo service on a free TCP port, and what is needed to call it.
struct TestServer {
    static let node = "spiffe://claviger.local/region/eu-west/node/a"
    static let caller = "spiffe://claviger.local/workload/test"

    let authority: TestAuthority
    let server: UnaryServer
    let echo = EchoService()
    let port: Int

    /// - Parameters:
    ///   - authority: a new one if nil.
    ///   - port: a free one if zero.
    init(
        _ configuration: UnaryServerConfiguration = .init(), authority: TestAuthority? = nil, port wanted: Int = 0
    ) async throws {
        self.authority = try authority ?? TestAuthority()
        server = UnaryServer(
            services: [echo], configuration: configuration, group: MultiThreadedEventLoopGroup.singleton)
        let address = try await server.listen(
            host: "127.0.0.1", port: wanted, credentials: try self.authority.issue(Self.node))
        port = address.port ?? 0
    }

    func client(
        as credentials: TLSCredentials? = nil, _ configuration: UnaryClientConfiguration = .init(),
        accepts: @escaping @Sendable (String) -> Bool = { $0 == TestServer.node }
    ) throws -> UnaryClient {
        try UnaryClient(
            target: .tls(
                host: "127.0.0.1", port: port, credentials: try credentials ?? authority.issue(Self.caller),
                accepts: accepts),
            configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.any())
    }
}

func soon(_ seconds: Int64 = 20) -> NIODeadline { .now() + .seconds(seconds) }

/// The status that a call fails with, or nil if it succeeds.
func failure(_ body: () async throws -> Void) async -> GRPCStatus? {
    do {
        try await body()
        return nil
    } catch {
        return error as? GRPCStatus ?? GRPCStatus(.unknown, "\(error)")
    }
}
