import Chaos
import ClientAPI
import Foundation
import NIOCore
import NIOPosix
import SwiftProtobuf
import Synchronization
import Topology
import UnaryGRPC

/// Three nodes that share one memory and answer as a federation would, over mutual TLS; a ground for loads.
final class MemoryFederation: LoadGround {
    static let regions = ["eu-west", "eu-central", "eu-north"]

    let memory: NodeMemory
    private let servers: [UnaryServer]
    private let endpoints: [ClientEndpoint]
    private let directory: String
    private let start = ContinuousClock.now

    init() async throws {
        directory = NSTemporaryDirectory() + "/loads-\(UInt32.random(in: 0 ... .max))"
        let authority = try CertificateAuthority.create(trustDomain: "claviger.local")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try authority.issue(SPIFFEID("spiffe://claviger.local/operator/admin"))
            .save(to: IdentityDirectory(directory + "/admin"))
        let memory = NodeMemory()
        var servers: [UnaryServer] = []
        var endpoints: [ClientEndpoint] = []
        for region in Self.regions {
            let identity = IdentityDirectory(directory + "/" + region)
            try authority.issue(SPIFFEID("spiffe://claviger.local/region/\(region)/node/\(region)")).save(to: identity)
            var configuration = UnaryServerConfiguration()
            configuration.drainGrace = .milliseconds(100)
            let server = UnaryServer(
                services: [MemoryNode(memory)], configuration: configuration,
                group: MultiThreadedEventLoopGroup.singleton)
            let address = try await server.listen(
                host: "127.0.0.1", port: 0, credentials: try TLSCredentials(directory: identity.path))
            servers.append(server)
            endpoints.append(
                ClientEndpoint(host: "127.0.0.1", port: address.port ?? 0, region: region, node: region))
        }
        memory.describe(endpoints)
        self.memory = memory
        self.servers = servers
        self.endpoints = endpoints
    }

    func stop() async throws {
        for server in servers { await server.shutdown() }
        try FileManager.default.removeItem(atPath: directory)
    }

    func regions(of placement: String) -> [String] { Self.regions }
    func nodes(of placement: String) -> [String] { Self.regions }
    func eventLoop(in region: String) -> any EventLoop { MultiThreadedEventLoopGroup.singleton.any() }
    func etcdEndpoints(in region: String) -> [(host: String, port: Int)] { [] }
    var now: Int64 { Int64((ContinuousClock.now - start) / .nanoseconds(1)) }

    func client(in region: String) async throws -> ClavigerClient {
        try await ClavigerClient(
            try ClientConfiguration(
                endpoints: endpoints, identityDirectory: directory + "/admin", preferredRegions: [region]))
    }

    func socket(in region: String, placement: String) throws -> String {
        throw ChaosError(region, "there is no Kubernetes plugin")
    }
}

/// Keys and policies. A ciphertext is the plaintext behind a header: nobody attacks it here.
final class NodeMemory: Sendable {
    struct State {
        var federation = Claviger_V1_DescribeFederationResponse()
        var keys: [String: Claviger_V1_Key] = [:]
        var policies: [String: Claviger_V1_Policy] = [:]
        var index: UInt64 = 0
        /// Calls are answered with another plaintext than the right one.
        var isLying = false
    }

    static let header: [UInt8] = Array("CLVG".utf8) + [1, 1, 0, 2] + Array("eu".utf8)

    let state = Mutex(State())

    func describe(_ endpoints: [ClientEndpoint]) {
        var answer = Claviger_V1_DescribeFederationResponse()
        answer.nodes = endpoints.map { endpoint in
            var node = Claviger_V1_Node()
            node.name = endpoint.node
            node.region = endpoint.region
            node.api.host = endpoint.host
            node.api.port = UInt32(endpoint.port)
            return node
        }
        var placement = Claviger_V1_Placement()
        placement.name = "eu"
        placement.holders = endpoints.map(\.node)
        placement.leader = endpoints.first?.node ?? ""
        answer.placements = [placement]
        state.withLock { [answer] in $0.federation = answer }
    }

    /// Changes a key and gives the answer to the change; throws a refusal by its name.
    func change(_ name: String, _ body: (inout Claviger_V1_Key?) throws -> Void) throws -> Claviger_V1_KeyResponse {
        try state.withLock { state in
            var key = state.keys[name]
            try body(&key)
            guard var changed = key else { throw ClientError(.keyNotFound, "") }
            changed.generation += 1
            state.keys[name] = changed
            state.index += 1
            var answer = Claviger_V1_KeyResponse()
            answer.key = changed
            answer.consistencyToken = Data([1] + [UInt8](repeating: 0, count: 15) + [UInt8(state.index & 0xFF)])
            return answer
        }
    }
}

/// One node on the shared memory.
struct MemoryNode: UnaryService {
    let methods = KeyMethod.all + FederationMethod.all
    private let memory: NodeMemory

    init(_ memory: NodeMemory) { self.memory = memory }

    func handle(_ call: UnaryCall) {
        do {
            let reply = try answer(call.method, Array(call.message.readableBytesView))
            call.respond(ByteBuffer(bytes: try reply.serializedBytes() as [UInt8]))
        } catch let error as ClientError {
            call.fail(GRPCStatus(.failedPrecondition, "as told", metadata: [ErrorMetadata.code: error.code.rawValue]))
        } catch {
            call.fail(GRPCStatus(.internal, "\(error)"))
        }
    }

    private func answer(_ method: String, _ bytes: [UInt8]) throws -> any Message {
        switch method {
        case FederationMethod.describe: return memory.state.withLock { $0.federation }
        case FederationMethod.nodeStatus: return Claviger_V1_NodeStatusResponse()
        case KeyMethod.createKey: return try create(Claviger_V1_CreateKeyRequest(serializedBytes: bytes))
        case KeyMethod.rotateKey: return try rotate(Claviger_V1_RotateKeyRequest(serializedBytes: bytes))
        case KeyMethod.disableKey, KeyMethod.enableKey:
            let request = try Claviger_V1_ChangeKeyRequest(serializedBytes: bytes)
            return try memory.change(request.name) { $0?.enabled = method == KeyMethod.enableKey }
        case KeyMethod.setKeyTags:
            let request = try Claviger_V1_SetKeyTagsRequest(serializedBytes: bytes)
            return try memory.change(request.name) { $0?.tags = request.tags }
        case KeyMethod.describeKey:
            let request = try Claviger_V1_DescribeKeyRequest(serializedBytes: bytes)
            var answer = Claviger_V1_KeyResponse()
            answer.key = try found(request.name)
            return answer
        case KeyMethod.listKeys:
            var answer = Claviger_V1_ListKeysResponse()
            answer.keys = memory.state.withLock { Array($0.keys.values) }
            return answer
        case KeyMethod.encrypt: return try encrypt(Claviger_V1_EncryptRequest(serializedBytes: bytes))
        case KeyMethod.decrypt: return try decrypt(Claviger_V1_DecryptRequest(serializedBytes: bytes))
        case KeyMethod.putPolicy: return put(try Claviger_V1_PutPolicyRequest(serializedBytes: bytes))
        case KeyMethod.getPolicy:
            let request = try Claviger_V1_GetPolicyRequest(serializedBytes: bytes)
            var answer = Claviger_V1_PolicyResponse()
            guard let policy = memory.state.withLock({ $0.policies[request.name] }) else {
                throw ClientError(.keyNotFound, "")
            }
            answer.policy = policy
            return answer
        default: throw ClientError(.unsupported, "")
        }
    }

    private func found(_ name: String) throws -> Claviger_V1_Key {
        guard let key = memory.state.withLock({ $0.keys[name] }) else { throw ClientError(.keyNotFound, "") }
        return key
    }

    private func create(_ request: Claviger_V1_CreateKeyRequest) throws -> Claviger_V1_KeyResponse {
        try memory.change(request.name) { key in
            guard key == nil else { throw ClientError(.alreadyExists, "") }
            var new = Claviger_V1_Key()
            new.name = request.name
            new.id = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) })
            new.enabled = true
            new.primaryVersion = 1
            new.tags = request.tags
            var version = Claviger_V1_KeyVersion()
            version.number = 1
            version.state = .active
            new.versions = [version]
            key = new
        }
    }

    private func rotate(_ request: Claviger_V1_RotateKeyRequest) throws -> Claviger_V1_KeyResponse {
        try memory.change(request.name) { key in
            let generation = key?.generation ?? 0
            guard request.expectedGeneration == 0 || request.expectedGeneration == generation else {
                throw ClientError(.generationConflict, "")
            }
            var version = Claviger_V1_KeyVersion()
            version.number = (key?.primaryVersion ?? 0) + 1
            version.state = .active
            key?.versions.append(version)
            key?.primaryVersion = version.number
        }
    }

    private func put(_ request: Claviger_V1_PutPolicyRequest) -> Claviger_V1_PolicyResponse {
        memory.state.withLock { state in
            var policy = state.policies[request.name] ?? Claviger_V1_Policy()
            policy.name = request.name
            policy.document = request.document
            policy.generation += 1
            state.policies[request.name] = policy
            var answer = Claviger_V1_PolicyResponse()
            answer.policy = policy
            return answer
        }
    }

    private func encrypt(_ request: Claviger_V1_EncryptRequest) throws -> Claviger_V1_EncryptResponse {
        let key = try found(request.key)
        guard key.enabled else { throw ClientError(.invalidKeyState, "") }
        var answer = Claviger_V1_EncryptResponse()
        answer.ciphertext = Data(NodeMemory.header) + request.plaintext
        answer.keyID = key.id
        answer.keyVersion = key.primaryVersion
        return answer
    }

    private func decrypt(_ request: Claviger_V1_DecryptRequest) throws -> Claviger_V1_DecryptResponse {
        var answer = Claviger_V1_DecryptResponse()
        answer.plaintext = Data(request.ciphertext.dropFirst(NodeMemory.header.count))
        if memory.state.withLock({ $0.isLying }) { answer.plaintext.append(0) }
        return answer
    }
}
