import ClientAPI
import Dispatch
import FoundationEssentials
import KubernetesDoor
import NIOCore
import NIOPosix
import SwiftProtobuf
import Synchronization
import Topology
import UnaryGRPC

/// The healthy callers: one at each port, and one whose writes must be replicated.
final class Bystanders: Sendable {
    /// An operator's, with all nodes to choose from.
    let client: ClavigerClient
    private let ground: HostileGround
    private let node: UnaryClient
    private let socket: KMSSocket
    /// By key: the last value whose write was acknowledged.
    private let written = Mutex<[String: String]>([:])
    private let acknowledged = Atomic<Int>(0)

    /// Every so many calls one comes over a connection of its own: newcomers must get in, too.
    private static let newcomer = 20
    private static let writtenKeys = 8

    init(_ ground: HostileGround) async throws {
        self.ground = ground
        let endpoints = ground.federation.topology.nodes.filter { $0.name != ground.captured.name }.map {
            ClientEndpoint(host: $0.host, port: Int($0.apiPort), region: $0.region, node: $0.name)
        }
        var configuration = ClientConfiguration(
            endpoints: endpoints, credentials: try ground.operatorCredentials(),
            preferredRegions: [ground.target.region])
        configuration.trustDomain = ground.federation.topology.trustDomain
        client = try await ClavigerClient(configuration)
        node = try Self.connection(to: ground)
        socket = try KMSSocket(placement: ground.plugin.placement, path: ground.plugin.files.socketPath)
        for index in 0..<Self.writtenKeys { _ = try await client.createKey(writtenKey(index), timeout: .seconds(10)) }
    }

    var callers: [HealthyCaller] {
        [
            HealthyCaller("encrypt and decrypt at the node", pause: .milliseconds(15)) { try await self.crypt($0) },
            HealthyCaller("encrypt and decrypt at the plugin", pause: .milliseconds(15)) { try await self.seal($0) },
            HealthyCaller("GET /metrics", pause: .milliseconds(100)) { _ in try await self.scrape() },
            HealthyCaller("replicated writes", pause: .milliseconds(25)) { try await self.write($0) },
        ]
    }

    func close() async {
        await client.close()
        await node.close()
        await socket.close()
    }

    // MARK: Calls

    private static func connection(to ground: HostileGround) throws -> UnaryClient {
        let identity = ground.federation.topology.identity(of: ground.target).uri
        return try UnaryClient(
            target: .tls(
                host: ground.host, port: Int(ground.target.apiPort), credentials: try ground.operatorCredentials(),
                accepts: { $0 == identity }),
            eventLoop: MultiThreadedEventLoopGroup.singleton.any())
    }

    /// At the attacked node itself: nobody else may answer in its place.
    private func crypt(_ number: Int) async throws {
        guard number % Self.newcomer == 0 else { return try await crypt(number, over: node) }
        let fresh = try Self.connection(to: ground)
        do {
            try await crypt(number, over: fresh)
        } catch {
            await fresh.close()
            throw error
        }
        await fresh.close()
    }

    private func crypt(_ number: Int, over node: UnaryClient) async throws {
        var encrypt = Claviger_V1_EncryptRequest()
        encrypt.key = ground.key
        encrypt.plaintext = Data("message \(number)".utf8)
        let sealed: Claviger_V1_EncryptResponse = try await Self.call(KeyMethod.encrypt, encrypt, over: node)
        var decrypt = Claviger_V1_DecryptRequest()
        decrypt.ciphertext = sealed.ciphertext
        let opened: Claviger_V1_DecryptResponse = try await Self.call(KeyMethod.decrypt, decrypt, over: node)
        guard opened.plaintext == encrypt.plaintext else { throw Disappointment("another plaintext came back") }
    }

    private static func call<Request: Message, Response: Message>(
        _ method: String, _ request: Request, over node: UnaryClient
    ) async throws -> Response {
        let bytes: [UInt8] = try request.serializedBytes()
        let reply = try await node.call(method, ByteBuffer(bytes: bytes), deadline: .now() + .seconds(5))
        return try Response(serializedBytes: Array(reply.readableBytesView))
    }

    private func seal(_ number: Int) async throws {
        guard number % Self.newcomer == 0 else { return try await seal(number, over: socket) }
        let fresh = try KMSSocket(placement: ground.plugin.placement, path: ground.plugin.files.socketPath)
        do {
            try await seal(number, over: fresh)
        } catch {
            await fresh.close()
            throw error
        }
        await fresh.close()
    }

    private func seal(_ number: Int, over socket: KMSSocket) async throws {
        let status = try await socket.status()
        guard status.healthz == "ok" else { throw Disappointment("the plugin says \(status.healthz)") }
        let seed = Array("seed \(number)".utf8)
        let opened = try await socket.decrypt(try await socket.encrypt(seed))
        guard opened == seed else { throw Disappointment("another seed came back") }
    }

    private func scrape() async throws {
        let (host, port) = (ground.host, ground.target.metricsPort)
        let text = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: LoopbackProbe.text(host: host, port: port, path: "/metrics"))
            }
        }
        guard let text, text.contains("claviger_") else { throw Disappointment("no metrics") }
    }

    // MARK: Writes

    private func writtenKey(_ index: Int) -> String { "\(ground.key)-written-\(index)" }

    private func write(_ number: Int) async throws {
        let key = writtenKey(number % Self.writtenKeys)
        _ = try await client.setKeyTags(key, tags: ["value": "\(number)"], timeout: .seconds(5))
        written.withLock { $0[key] = "\(number)" }
        acknowledged.add(1, ordering: .relaxed)
    }

    /// Acknowledged writes, and keys that do not have what was last acknowledged for them, as a quorum says.
    func confirmWrites() async throws -> (acknowledged: Int, lost: Int) {
        var lost = 0
        for (key, value) in written.withLock({ $0 }) {
            let found = try await client.describeKey(key, confirmed: true, timeout: .seconds(10))
            if found.tags["value"] != value { lost += 1 }
        }
        return (acknowledged.load(ordering: .relaxed), lost)
    }
}
