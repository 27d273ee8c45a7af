import ClientAPI
import KubernetesDoor
import NIOCore
import NIOSSL
package import Topology
import UnaryGRPC

/// Where an attack takes place: a local federation with a plugin. One node of it never ran: it was captured, and the
/// attacker has its certificate.
package struct HostileGround: Sendable {
    package let federation: LocalFederation
    /// The node that is attacked.
    package let target: FederationTopology.Node
    package let captured: FederationTopology.Node
    package let plugin: LocalPlugin
    /// What the healthy caller of the node encrypts with. The placement's operator and its workload `kms-PLACEMENT` may
    /// both use it.
    package let key: String

    package init(
        federation: LocalFederation, target: FederationTopology.Node, captured: FederationTopology.Node,
        plugin: LocalPlugin, key: String
    ) {
        self.federation = federation
        self.target = target
        self.captured = captured
        self.plugin = plugin
        self.key = key
    }

    var host: String { LoopbackProbe.loopbackAddress(of: target.host) ?? target.host }

    /// Every process that must live on.
    func processes() -> [(name: String, pid: Int32)] {
        let nodes = federation.topology.nodes.compactMap { node in
            federation.process(of: node).pid().map { (node.name, $0) }
        }
        return nodes + (plugin.pid.map { [("plugin", $0)] } ?? [])
    }

    /// Throws unless the plugin encrypts and decrypts.
    package func checkPlugin() async throws {
        let socket = try KMSSocket(placement: plugin.placement, path: plugin.files.socketPath)
        do {
            let status = try await socket.status()
            guard status.healthz == "ok" else { throw Disappointment("the plugin says \(status.healthz)") }
            _ = try await socket.decrypt(try await socket.encrypt([1, 2, 3]))
        } catch {
            await socket.close()
            throw error
        }
        await socket.close()
    }

    func address(of port: HostilePort) throws -> SocketAddress {
        switch port {
        case .peer: try SocketAddress(ipAddress: host, port: Int(target.peerPort))
        case .api: try SocketAddress(ipAddress: host, port: Int(target.apiPort))
        case .metrics: try SocketAddress(ipAddress: host, port: Int(target.metricsPort))
        case .plugin: try SocketAddress(unixDomainSocketPath: plugin.files.socketPath)
        }
    }

    func credentials(of name: String) throws -> TLSCredentials {
        try TLSCredentials(directory: federation.layout.identity(named: name).path)
    }

    /// The one operator of a local federation.
    func operatorCredentials() throws -> TLSCredentials { try credentials(of: "admin") }

    /// TLS settings by disguise, as each would use them at this port.
    func contexts(for port: HostilePort) throws -> [Disguise: NIOSSLContext] {
        var contexts: [Disguise: NIOSSLContext] = [:]
        for disguise in Disguise.allCases {
            let credentials = try credentials(for: disguise)
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(credentials.trustRoots)
            configuration.certificateVerification = .noHostnameVerification
            if disguise != .nobody {
                configuration.certificateChain = credentials.chain.map { .certificate($0) }
                configuration.privateKey = .privateKey(credentials.privateKey)
            }
            if port == .api { configuration.applicationProtocols = ["h2"] }
            contexts[disguise] = try NIOSSLContext(configuration: configuration)
        }
        return contexts
    }

    private func credentials(for disguise: Disguise) throws -> TLSCredentials {
        let node = federation.layout.node(captured.name).identity.path
        switch disguise {
        case .nobody, .node: return try TLSCredentials(directory: node)
        case .workload: return try credentials(of: "kms-\(plugin.placement)")
        case .operator: return try operatorCredentials()
        case .stranger:
            let directory = IdentityDirectory("\(federation.layout.root)/stranger")
            let authority = try CertificateAuthority.create(trustDomain: federation.topology.trustDomain)
            try authority.issue(federation.topology.identity(of: captured)).save(to: directory, replacing: true)
            var credentials = try TLSCredentials(directory: directory.path)
            credentials.trustRoots = try TLSCredentials(directory: node).trustRoots
            return credentials
        }
    }
}
