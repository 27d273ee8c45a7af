import ClientAPI
import Foundation
import Testing
import Topology

/// Keys are in the clear in a holder's memory alone.
@Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.absence), .timeLimit(.minutes(3)))
struct UnwrappedMaterialTests {
    private static let keys = 12

    @Test("No unwrapped key is on any disk, though every wrapped one is where it belongs")
    func noUnwrappedKey() async throws {
        try await TestFederation.run { federation, client in
            try await use(client, federation)
            try await federation.stop()
            let material = try UnwrappedMaterial(of: "eu-west", placement: "eu", in: federation)
            // The epoch's key, the tenant's, two versions of each key and one of the federation's own, the node's seed.
            #expect(material.secrets.count >= 3 + 2 * Self.keys + 1, "\(material.secrets.map(\.label))")
            #expect(
                material.secrets.contains { $0.label == "E 1" } && material.secrets.allSatisfy { $0.bytes.count == 32 })
            #expect(Set(material.secrets.map(\.bytes)).count == material.secrets.count)

            let unwrapped = CanarySearch(
                patterns: material.secrets.flatMap { CanarySearch.patterns(label: $0.label, secret: $0.bytes) })
            var findings = CanaryFindings()
            for node in federation.federation.topology.nodes {
                try unwrapped.search(federation.files(node.name).path, into: &findings)
            }
            #expect(findings.hits.isEmpty, "\(findings.hits.map { "\($0.label) in \($0.path)" })")
            #expect(findings.files > 40 && findings.bytes > 1 << 20)

            // In the file of the identity the certificate's key is in the clear, and there it must be found.
            let certificate = CanarySearch(
                patterns: CanarySearch.patterns(
                    label: material.certificateKey.label, secret: material.certificateKey.bytes))
            var elsewhere = CanaryFindings()
            for node in federation.federation.topology.nodes {
                try certificate.search(federation.files(node.name).dataPath, into: &elsewhere)
                try certificate.search(federation.files(node.name).logPath, into: &elsewhere)
            }
            #expect(elsewhere.hits.isEmpty, "\(elsewhere.hits.map { "\($0.label) in \($0.path)" })")
            // PEM breaks its base64 into lines, so only a beginning stands in one piece.
            let beginning = CanarySearch(
                patterns: CanarySearch.patterns(
                    label: material.certificateKey.label, secret: Array(material.certificateKey.bytes.prefix(8))))
            var identity = CanaryFindings()
            try beginning.search(federation.files("eu-west").identity.path, into: &identity)
            #expect(!identity.hits.isEmpty)

            try expectWraps(material, federation)
        }
    }

    /// The same search does find the wrapped keys, at every holder and at nobody else.
    private func expectWraps(_ material: UnwrappedMaterial, _ federation: TestFederation) throws {
        let patterns = material.wraps.compactMap { CanarySearch.Pattern(label: $0.label, bytes: $0.bytes) }
        #expect(patterns.count >= 2 + 2 * Self.keys)
        let wrapped = CanarySearch(patterns: patterns)
        for holder in TestFederation.holders {
            var findings = CanaryFindings()
            try wrapped.search("\(federation.files(holder).dataPath)/store", into: &findings)
            // A log file of RocksDB is made of blocks: a wrap that stands across two is found only where the table
            // has it.
            let found = Set(findings.hits.map(\.label))
            #expect(found.count > patterns.count / 2, "\(holder): \(found.count) of \(patterns.count)")
        }
        var outside = CanaryFindings()
        try wrapped.search(federation.files("us-east").path, into: &outside)
        #expect(outside.hits.isEmpty, "\(outside.hits.map { "\($0.label) in \($0.path)" })")
    }

    /// Keys with two versions, used at every holder, so that each has unwrapped them all.
    private func use(_ client: ClavigerClient, _ federation: TestFederation) async throws {
        var sealed: [[UInt8]] = []
        for number in 0..<Self.keys {
            let key = "eu/acme/canary-\(number)"
            _ = try await client.createKey(key)
            sealed.append(Array(try await client.encrypt(key: key, plaintext: [1, 2, 3]).ciphertext))
            _ = try await client.rotateKey(key)
            sealed.append(Array(try await client.encrypt(key: key, plaintext: [4, 5, 6]).ciphertext))
        }
        for holder in TestFederation.holders {
            try await federation.expectDecrypt(at: holder, of: sealed[0], giving: [1, 2, 3])
            let near = try await federation.client(preferring: [holder])
            for ciphertext in sealed { _ = try await near.decrypt(ciphertext: ciphertext) }
            await near.close()
        }
    }
}
