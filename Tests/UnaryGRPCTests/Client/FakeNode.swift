import ClientAPI
import NIOCore
import NIOPosix
import SwiftProtobuf
import Synchronization
import UnaryGRPC

/// A node that answers as told.
final class FakeNode: UnaryService {
    enum Mood { case good, unavailable, silent, noLeader, refusing }

    let name: String
    let region: String
    let methods = KeyMethod.all + FederationMethod.all
    let mood = Mutex(Mood.good)
    let description = Mutex(Claviger_V1_DescribeFederationResponse())
    /// Key calls that arrived.
    let keyCalls = Atomic<Int>(0)
    let idempotencyKeys = Mutex<[[UInt8]]>([])
    /// Of the key calls that arrived, in their order.
    let requestIDs = Mutex<[String?]>([])

    init(name: String, region: String) {
        self.name = name
        self.region = region
    }

    func handle(_ call: UnaryCall) {
        let isKeyCall = call.methodIndex < KeyMethod.all.count
        if isKeyCall {
            keyCalls.add(1, ordering: .relaxed)
            requestIDs.withLock { $0.append(call.requestID) }
        }
        if call.method == KeyMethod.createKey,
            let request = try? Claviger_V1_CreateKeyRequest(serializedBytes: Array(call.message.readableBytesView))
        {
            idempotencyKeys.withLock { $0.append(Array(request.idempotencyKey)) }
        }
        switch mood.withLock({ $0 }) {
        case .silent: return
        case .unavailable: return call.fail(GRPCStatus(.unavailable, "not now"))
        case .noLeader where isKeyCall:
            return call.fail(GRPCStatus(.unavailable, "no leader", metadata: [ErrorMetadata.code: "noLeader"]))
        case .refusing where isKeyCall:
            return call.fail(
                GRPCStatus(
                    .permissionDenied, "not here",
                    metadata: [ErrorMetadata.code: "sovereigntyViolation", ErrorMetadata.endpoints: "a:1,b:2"]))
        case .good, .noLeader, .refusing: break
        }
        switch call.method {
        case FederationMethod.describe: answer(call, description.withLock { $0 })
        case KeyMethod.encrypt:
            var reply = Claviger_V1_EncryptResponse()
            reply.keyVersion = 7
            answer(call, reply)
        case KeyMethod.createKey:
            var reply = Claviger_V1_KeyResponse()
            reply.key.name = name
            answer(call, reply)
        case FederationMethod.nodeStatus: answer(call, Claviger_V1_NodeStatusResponse())
        default: call.fail(GRPCStatus(.unimplemented))
        }
    }

    private func answer(_ call: UnaryCall, _ message: some Message) {
        let bytes: [UInt8] = (try? message.serializedBytes()) ?? []
        call.respond(ByteBuffer(bytes: bytes))
    }
}

/// Nodes `eu-1`, `eu-2`, `eu-3` hold the placement `eu`; `us-1` holds `us`.
struct FakeFederation {
    let nodes: [FakeNode]
    let servers: [UnaryServer]
    let endpoints: [ClientEndpoint]
    let authority: TestAuthority

    init() async throws {
        authority = try TestAuthority()
        let names = ["eu-1", "eu-2", "eu-3", "us-1"]
        nodes = names.map { FakeNode(name: $0, region: "r-\($0)") }
        var servers: [UnaryServer] = []
        var endpoints: [ClientEndpoint] = []
        var configuration = UnaryServerConfiguration()
        configuration.drainGrace = .milliseconds(100)
        for node in nodes {
            let server = UnaryServer(
                services: [node], configuration: configuration, group: MultiThreadedEventLoopGroup.singleton)
            let address = try await server.listen(
                host: "127.0.0.1", port: 0,
                credentials: try authority.issue("spiffe://claviger.local/region/\(node.region)/node/\(node.name)"))
            servers.append(server)
            endpoints.append(
                ClientEndpoint(host: "127.0.0.1", port: address.port ?? 0, region: node.region, node: node.name))
        }
        self.servers = servers
        self.endpoints = endpoints
        var description = Claviger_V1_DescribeFederationResponse()
        description.nodes = endpoints.map { endpoint in
            var node = Claviger_V1_Node()
            node.name = endpoint.node
            node.region = endpoint.region
            node.api.host = endpoint.host
            node.api.port = UInt32(endpoint.port)
            return node
        }
        description.placements = ["eu", "us"].map { name in
            var placement = Claviger_V1_Placement()
            placement.name = name
            placement.holders = names.filter { $0.hasPrefix(name) }
            placement.leader = "\(name)-1"
            return placement
        }
        for node in nodes { node.description.withLock { $0 = description } }
    }

    func client(_ change: (inout ClientConfiguration) -> Void = { _ in }) async throws -> ClavigerClient {
        var configuration = ClientConfiguration(
            endpoints: endpoints, credentials: try authority.issue("spiffe://claviger.local/workload/test"),
            preferredRegions: ["r-us-1", "r-eu-2"])
        change(&configuration)
        return try await ClavigerClient(configuration)
    }

    func set(_ index: Int, _ mood: FakeNode.Mood) { nodes[index].mood.withLock { $0 = mood } }

    func stop() async { for server in servers { await server.shutdown() } }
}
