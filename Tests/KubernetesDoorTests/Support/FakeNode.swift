import ClientAPI
import Crypto
import Foundation
import KubernetesDoor
import Logging
import NIOCore
import NIOPosix
import SwiftProtobuf
import Synchronization
import Topology
import UnaryGRPC

/// A federation of one node on TCP with mutual TLS, and the identity of its caller on disk.
struct FakeNode {
    static let key = "eu/acme/kubernetes"

    let service = FakeNodeService()
    let server: UnaryServer
    let authority: CertificateAuthority
    let directory: String
    let port: Int

    init() async throws {
        directory = NSTemporaryDirectory() + "/n\(UInt32.random(in: 0 ... .max))"
        authority = try CertificateAuthority.create(trustDomain: "claviger.local")
        let node = IdentityDirectory(directory + "/node")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try authority.issue(SPIFFEID("spiffe://claviger.local/region/eu-west/node/eu-west")).save(to: node)
        try authority.issue(SPIFFEID("spiffe://claviger.local/workload/kms")).save(
            to: IdentityDirectory(directory + "/me"))
        var configuration = UnaryServerConfiguration()
        configuration.drainGrace = .milliseconds(100)
        server = UnaryServer(
            services: [service], configuration: configuration, group: MultiThreadedEventLoopGroup.singleton)
        let address = try await server.listen(
            host: "127.0.0.1", port: 0, credentials: try TLSCredentials(directory: node.path))
        port = address.port ?? 0
        service.port.withLock { [port] in $0 = port }
    }

    var configuration: PluginConfiguration {
        get throws {
            try PluginConfiguration.parse(
                """
                socket: \(directory)/kms.sock
                key: \(Self.key)
                endpoints: ["127.0.0.1:\(port)"]
                identity: \(directory)/me
                """, source: "test")
        }
    }

    func renewIdentity(by authority: CertificateAuthority, workload: String = "kms") throws {
        try authority.issue(SPIFFEID("spiffe://claviger.local/workload/\(workload)"))
            .save(to: IdentityDirectory(directory + "/me"), replacing: true)
    }

    func access() async throws -> FederationAccess {
        try await FederationAccess(
            try configuration, logger: Logger(label: "test"), lookInterval: .milliseconds(20),
            farewell: .milliseconds(1))
    }

    func stop() async throws {
        await server.shutdown()
        try FileManager.default.removeItem(atPath: directory)
    }
}

/// Answers what the plugin asks, with one key that has one AES key for each version.
final class FakeNodeService: UnaryService {
    let methods = [
        FederationMethod.describe, FederationMethod.nodeStatus, KeyMethod.describeKey, KeyMethod.encrypt,
        KeyMethod.decrypt,
    ]
    let port = Mutex(0)
    let version = Mutex<UInt32>(1)
    /// Key calls fail with this.
    let failure = Mutex<ClientError.Code?>(nil)
    /// Who asked for the key.
    let callers = Mutex<Set<String>>([])
    /// By what callers named their Encrypts and Decrypts.
    let requestIDs = Mutex<[String]>([])

    func handle(_ call: UnaryCall) {
        let bytes = Array(call.message.readableBytesView)
        if call.methodIndex > 1, let code = failure.withLock({ $0 }) {
            return call.fail(GRPCStatus(.unknown, "as told", metadata: [ErrorMetadata.code: code.rawValue]))
        }
        if call.method == KeyMethod.encrypt || call.method == KeyMethod.decrypt, let id = call.requestID {
            requestIDs.withLock { $0.append(id) }
        }
        do {
            switch call.method {
            case FederationMethod.describe: try answer(call, federation())
            case KeyMethod.describeKey:
                callers.withLock { _ = $0.insert(call.peer.identity ?? "") }
                try answer(call, key())
            case KeyMethod.encrypt: try answer(call, try encrypt(Claviger_V1_EncryptRequest(serializedBytes: bytes)))
            case KeyMethod.decrypt: try answer(call, try decrypt(Claviger_V1_DecryptRequest(serializedBytes: bytes)))
            default: try answer(call, Claviger_V1_NodeStatusResponse())
            }
        } catch {
            call.fail(
                GRPCStatus(.invalidArgument, "refused", metadata: [ErrorMetadata.code: "ciphertextRejected"]))
        }
    }

    private func answer(_ call: UnaryCall, _ message: some Message) throws {
        let bytes: [UInt8] = try message.serializedBytes()
        call.respond(ByteBuffer(bytes: bytes))
    }

    private func federation() -> Claviger_V1_DescribeFederationResponse {
        var node = Claviger_V1_Node()
        node.name = "eu-west"
        node.region = "eu-west"
        node.api.host = "127.0.0.1"
        node.api.port = UInt32(port.withLock { $0 })
        var placement = Claviger_V1_Placement()
        placement.name = "eu"
        placement.holders = ["eu-west"]
        var answer = Claviger_V1_DescribeFederationResponse()
        answer.clusterID = "00112233445566778899aabbccddeeff"
        answer.nodes = [node]
        answer.placements = [placement]
        return answer
    }

    private func key() -> Claviger_V1_KeyResponse {
        var answer = Claviger_V1_KeyResponse()
        answer.key.name = FakeNode.key
        answer.key.id = Data([1, 2, 3])
        answer.key.enabled = true
        answer.key.primaryVersion = version.withLock { $0 }
        answer.key.versions = (1...answer.key.primaryVersion).map { number in
            var version = Claviger_V1_KeyVersion()
            version.number = number
            version.state = number == answer.key.primaryVersion ? .active : .deactivated
            version.activated = Int64(number) * 1000
            return version
        }
        return answer
    }

    private func encrypt(_ request: Claviger_V1_EncryptRequest) throws -> Claviger_V1_EncryptResponse {
        let bound = try request.context.reduce(into: Data()) { $0 += try $1.serializedData() }
        let box = try AES.GCM.seal(request.plaintext, using: secret(request.keyVersion), authenticating: bound)
        var answer = Claviger_V1_EncryptResponse()
        answer.ciphertext = Data("CLVG".utf8) + [1, 1, 0, 2] + Data("eu".utf8) + [UInt8(request.keyVersion)]
        answer.ciphertext += box.combined ?? Data()
        answer.keyVersion = request.keyVersion
        return answer
    }

    private func decrypt(_ request: Claviger_V1_DecryptRequest) throws -> Claviger_V1_DecryptResponse {
        let bound = try request.context.reduce(into: Data()) { $0 += try $1.serializedData() }
        let bytes = Array(request.ciphertext)
        guard bytes.count > 11, request.key == FakeNode.key else { throw GRPCStatus(.invalidArgument) }
        let box = try AES.GCM.SealedBox(combined: bytes[11...])
        var answer = Claviger_V1_DecryptResponse()
        answer.plaintext = try AES.GCM.open(box, using: secret(UInt32(bytes[10])), authenticating: bound)
        return answer
    }

    private func secret(_ version: UInt32) -> SymmetricKey {
        SymmetricKey(data: [UInt8](repeating: UInt8(version), count: 32))
    }
}
