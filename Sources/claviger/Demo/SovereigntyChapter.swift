import ClientAPI
import FoundationEssentials
import NIOCore
import NIOPosix
import SwiftProtobuf
import Topology
import UnaryGRPC

/// A node in the US is asked for an EU key, past the client that would never ask it. The key is one whose name and id
/// are searched for on the disks in the US afterwards.
struct SovereigntyChapter {
    let stage: DemoStage
    let report: DemoReport

    func run() async throws {
        report.chapter("A node outside refuses")
        guard let node = stage.nodes(in: "US").first else { throw CommandFailure("there is no node in the US") }
        let client = try await stage.client(identity: "kms-eu", preferring: [])
        let sealed = try await client.encrypt(key: stage.euKey, plaintext: Array("a visitor".utf8))
        await client.close()

        var encrypt = Claviger_V1_EncryptRequest()
        encrypt.key = stage.euKey
        encrypt.plaintext = Data("a visitor".utf8)
        var decrypt = Claviger_V1_DecryptRequest()
        decrypt.ciphertext = sealed.ciphertext
        for (method, name, bytes) in [
            (KeyMethod.encrypt, "Encrypt", try encrypt.serializedBytes() as [UInt8]),
            (KeyMethod.decrypt, "Decrypt", try decrypt.serializedBytes() as [UInt8]),
        ] {
            let refusal = try await refusal(of: method, bytes, at: node)
            let allowed = stage.nodes(in: "EU").map(\.apiEndpoint)
            report.check(
                refusal?.code == .sovereigntyViolation, "\(node.name) refuses to \(name) with an EU key",
                refusal?.code.rawValue ?? "it did it")
            report.check(
                refusal?.endpoints.isEmpty == false && refusal?.endpoints.allSatisfy(allowed.contains) == true,
                "the refusal names where the call is allowed", (refusal?.endpoints ?? []).joined(separator: ", "))
        }
    }

    /// The error that a node answers a call with; nil if it serves it.
    private func refusal(
        of method: String, _ bytes: [UInt8], at node: FederationTopology.Node
    ) async throws -> ClientError? {
        let expected = stage.federation.topology.identity(of: node).uri
        let client = try UnaryClient(
            target: .tls(
                host: node.host, port: Int(node.apiPort),
                credentials: try TLSCredentials(directory: stage.layout.identity(named: "kms-eu").path),
                accepts: { $0 == expected }),
            eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        do throws(GRPCStatus) {
            _ = try await client.call(method, ByteBuffer(bytes: bytes), deadline: .now() + .seconds(3))
            await client.close()
            return nil
        } catch {
            await client.close()
            return ClientError(error)
        }
    }
}
