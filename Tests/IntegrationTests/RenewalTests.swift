import ClientAPI
import Foundation
import Glibc
import Testing
import Topology

/// Identities that are replaced while the nodes run.
@Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.absence), .timeLimit(.minutes(3)))
struct RenewalTests {
    @Test("A node goes over to another authority at its doors and towards its peers without a restart or a failed call")
    func renewal() async throws {
        try await TestFederation.run { federation, client in
            let plaintext = Array("under the former authority".utf8)
            let sealed = Array(try await client.encrypt(key: TestFederation.key, plaintext: plaintext).ciphertext)
            let next = try CertificateAuthority.create(trustDomain: "claviger.local")
            let caller = IdentityDirectory("\(federation.federation.layout.root)/next-admin")
            try next.issue(try SPIFFEID("spiffe://claviger.local/operator/admin")).save(to: caller)
            let pid = try federation.process("eu-west").pid()
            let tally = try await Load(client).during {
                try await refuseBroken(federation, "eu-west")
                try renew(federation, "eu-west", from: next, keepsFormer: true)
                try #require(try federation.process("eu-west").send(SIGHUP))
                try await eventually("the new certificate is in force") {
                    try daysLeft(federation, "eu-west") < 21 && says(federation, "eu-west", "new identity in force")
                }
                // From here on only the renewed node and one that knows nothing but the new authority make a quorum.
                for name in ["eu-central", "eu-north"] {
                    let process = try federation.process(name)
                    try #require(process.send(SIGTERM))
                    try await eventually("\(name) ends") { process.pid() == nil }
                }
                try renew(federation, "eu-north", from: next, keepsFormer: false)
                try await federation.start("eu-north")
            }
            #expect(tally.failures.isEmpty, "\(tally.failures.count) of \(tally.calls): \(tally.failures.prefix(3))")
            #expect(try federation.process("eu-west").pid() == pid)
            try await expectDecrypt(federation, as: caller, of: sealed, giving: plaintext)
        }
    }

    /// Half-written files change nothing, and the log says so.
    private func refuseBroken(_ federation: TestFederation, _ name: String) async throws {
        let files = federation.files(name).identity
        let before = try TextFile.read(files.certificatePath, limit: 65_536)
        let days = try daysLeft(federation, name)
        try PrivateFile.write("half a certificate", to: files.certificatePath, mode: 0o644, replacing: true)
        try #require(try federation.process(name).send(SIGHUP))
        try await eventually("the log tells of the refusal") {
            says(federation, name, "new identity refused; the former one stays in force")
        }
        #expect(try daysLeft(federation, name) == days)
        let other = try await federation.client(preferring: [name])
        _ = try await other.nodeStatus(node: name)
        await other.close()
        try PrivateFile.write(before, to: files.certificatePath, mode: 0o644, replacing: true)
    }

    /// Gives a node a certificate of the next authority, for few days so that the metric shows which one is in force.
    private func renew(
        _ federation: TestFederation, _ name: String, from next: CertificateAuthority, keepsFormer: Bool
    ) throws {
        let directory = federation.files(name).identity
        let former = try TextFile.read(directory.authorityPath, limit: 65_536)
        let identity = federation.federation.topology.identity(of: try federation.node(name))
        try next.issue(identity, days: 20).save(to: directory, replacing: true)
        guard keepsFormer else { return }
        let both = try TextFile.read(directory.authorityPath, limit: 65_536) + former
        try PrivateFile.write(both, to: directory.authorityPath, mode: 0o644, replacing: true)
    }

    private func expectDecrypt(
        _ federation: TestFederation, as caller: IdentityDirectory, of ciphertext: [UInt8], giving plaintext: [UInt8]
    ) async throws {
        let node = try federation.node("eu-west")
        let client = try await ClavigerClient(
            try ClientConfiguration(
                endpoints: [
                    ClientEndpoint(host: node.host, port: Int(node.apiPort), region: node.region, node: node.name)
                ], identityDirectory: caller.path, preferredRegions: ["eu-west"]))
        let opened = try await client.decrypt(ciphertext: ciphertext)
        #expect(Array(opened.plaintext) == plaintext)
        await client.close()
    }

    private func daysLeft(_ federation: TestFederation, _ name: String) throws -> Double {
        let node = try federation.node(name)
        let text = LoopbackProbe.text(host: node.host, port: node.metricsPort, path: "/metrics") ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("claviger_certificate_days_left") }
        guard let value = line?.split(separator: " ").last.flatMap({ Double($0) }) else {
            throw Missed("node \(name) tells no days")
        }
        return value
    }

    private func says(_ federation: TestFederation, _ name: String, _ text: String) -> Bool {
        TextFile.lastLines(60, of: federation.files(name).logPath).contains { $0.contains(text) }
    }
}
