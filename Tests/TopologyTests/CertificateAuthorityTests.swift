import FoundationEssentials
import SwiftASN1
import Testing
import Topology
import X509

@Suite("The certificate authority")
struct CertificateAuthorityTests {
    let scratch: ScratchDirectory
    let authority: CertificateAuthority

    init() throws {
        scratch = try ScratchDirectory()
        authority = try CertificateAuthority.create(trustDomain: "claviger.local")
    }

    func certificate(_ path: String) throws -> Certificate {
        try Certificate(pemEncoded: try TextFile.read(path, limit: 65536))
    }

    func issue(_ uri: String, days: Int = 365, now: Date = Date()) throws -> IdentityDirectory {
        let directory = IdentityDirectory("\(scratch.path)/identity")
        try authority.issue(try SPIFFEID(uri), days: days, now: now).save(to: directory)
        return directory
    }

    @Test("A leaf is verified against its authority by an independent verifier")
    func chain() async throws {
        let directory = try issue("spiffe://claviger.local/operator/admin")
        let root = try certificate(directory.authorityPath)
        let leaf = try certificate(directory.certificatePath)
        var verifier = Verifier(rootCertificates: CertificateStore([root])) { RFC5280Policy() }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore())
        guard case .validCertificate(let chain) = result else {
            Issue.record("not verified: \(result)")
            return
        }
        #expect(chain.count == 2)

        let stranger = try CertificateAuthority.create(trustDomain: "claviger.local")
        try stranger.save(to: "\(scratch.path)/stranger")
        let other = try certificate("\(scratch.path)/stranger/ca.pem")
        var wrong = Verifier(rootCertificates: CertificateStore([other])) { RFC5280Policy() }
        guard case .couldNotValidate = await wrong.validate(leaf: leaf, intermediates: CertificateStore()) else {
            Issue.record("a stranger's authority was accepted")
            return
        }
    }

    @Test("A leaf has exactly one URI, may sign but not certify, and serves both ends of a connection")
    func leaf() throws {
        let now = Date()
        let directory = try issue("spiffe://claviger.local/region/eu-west/node/eu-west", days: 30, now: now)
        let leaf = try certificate(directory.certificatePath)
        let names = try #require(try leaf.extensions.subjectAlternativeNames)
        #expect(Array(names) == [.uniformResourceIdentifier("spiffe://claviger.local/region/eu-west/node/eu-west")])
        #expect(try leaf.extensions.keyUsage == KeyUsage(digitalSignature: true))
        let usages = try #require(try leaf.extensions.extendedKeyUsage)
        #expect(Array(usages) == [.serverAuth, .clientAuth])
        #expect(leaf.extensions[oid: .X509ExtensionID.basicConstraints]?.critical == true)
        #expect(leaf.signatureAlgorithm == .ecdsaWithSHA256)
        #expect(abs(leaf.notValidBefore.timeIntervalSince(now) + 900) <= 1)
        #expect(abs(leaf.notValidAfter.timeIntervalSince(now) - 30 * 86400) <= 1)
    }

    @Test("The authority's own certificate is a critical authority for ten years and signs certificates")
    func root() throws {
        try authority.save(to: "\(scratch.path)/ca")
        let root = try certificate("\(scratch.path)/ca/ca.pem")
        let constraints = try #require(root.extensions[oid: .X509ExtensionID.basicConstraints])
        #expect(constraints.critical)
        #expect(try root.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
        #expect(try root.extensions.keyUsage?.keyCertSign == true)
        #expect(try root.extensions.keyUsage?.digitalSignature == false)
        let summary = try CertificateSummary(path: "\(scratch.path)/ca/ca.pem")
        #expect(summary.isAuthority)
        #expect((3649...3650).contains(summary.daysLeft()))
    }

    @Test("The authority is saved with private modes, loaded again, and never overwritten")
    func saveAndLoad() throws {
        let path = "\(scratch.path)/deep/ca"
        try authority.save(to: path)
        #expect(try ScratchDirectory.mode(of: path) == 0o700)
        #expect(try ScratchDirectory.mode(of: "\(path)/ca-key.pem") == 0o600)
        let before = try TextFile.read("\(path)/ca-key.pem", limit: 65536)
        #expect(throws: TopologyError("\(path)/ca-key.pem", "the file exists and is not overwritten")) {
            try CertificateAuthority.create(trustDomain: "other").save(to: path)
        }
        #expect(try TextFile.read("\(path)/ca-key.pem", limit: 65536) == before)
        let loaded = try CertificateAuthority.load(from: path)
        #expect(loaded.trustDomain == "claviger.local")
        _ = try loaded.issue(try SPIFFEID("spiffe://claviger.local/workload/w"))
    }

    @Test("A key that belongs to another authority is refused")
    func foreignKey() throws {
        try authority.save(to: "\(scratch.path)/a")
        try CertificateAuthority.create(trustDomain: "claviger.local").save(to: "\(scratch.path)/b")
        let key = try TextFile.read("\(scratch.path)/b/ca-key.pem", limit: 65536)
        try PrivateFile.write(key, to: "\(scratch.path)/a/ca-key.pem", replacing: true)
        #expect(
            throws: TopologyError("\(scratch.path)/a/ca-key.pem", "the key does not belong to \(scratch.path)/a/ca.pem")
        ) {
            try CertificateAuthority.load(from: "\(scratch.path)/a")
        }
    }

    @Test("A leaf's directory does not pass for an authority's")
    func leafAsAuthority() throws {
        let directory = try issue("spiffe://claviger.local/operator/admin")
        let path = "\(scratch.path)/fake"
        try PrivateFile.makeDirectory(path)
        try PrivateFile.write(try TextFile.read(directory.certificatePath, limit: 65536), to: "\(path)/ca.pem")
        try PrivateFile.write(try TextFile.read(directory.keyPath, limit: 65536), to: "\(path)/ca-key.pem")
        #expect(throws: TopologyError.self) { try CertificateAuthority.load(from: path) }
    }

    @Test("Only identities of its own trust domain are issued, for a sensible time")
    func refusals() throws {
        #expect(throws: TopologyError.self) { try authority.issue(try SPIFFEID("spiffe://elsewhere/operator/a")) }
        #expect(throws: TopologyError.self) { try authority.issue(try SPIFFEID("spiffe://claviger.local")) }
        let admin = try SPIFFEID("spiffe://claviger.local/operator/admin")
        #expect(throws: TopologyError.self) { try authority.issue(admin, days: 0) }
        #expect(throws: TopologyError.self) { try authority.issue(admin, days: 3651) }
        #expect(throws: TopologyError.self) { try authority.issue(admin, now: Date() + 3651 * 86400) }
        #expect(throws: TopologyError.self) { try CertificateAuthority.create(trustDomain: "Not A Domain") }
    }

    @Test("A leaf does not outlive its authority")
    func clamped() throws {
        let directory = try issue("spiffe://claviger.local/operator/admin", days: 3650, now: Date() + 3000 * 86400)
        let authorityEnd = try CertificateSummary(path: directory.authorityPath).notAfter
        #expect(try directory.summary().notAfter == authorityEnd)
    }

    @Test("An identity directory has private modes, says whose it is, and is not overwritten")
    func identityDirectory() throws {
        let now = Date()
        let directory = try issue("spiffe://claviger.local/operator/admin", days: 10, now: now)
        #expect(directory.isComplete)
        #expect(try ScratchDirectory.mode(of: directory.path) == 0o700)
        #expect(try ScratchDirectory.mode(of: directory.keyPath) == 0o600)
        let summary = try directory.summary()
        #expect(summary.identity?.uri == "spiffe://claviger.local/operator/admin")
        #expect(!summary.isAuthority)
        #expect(summary.daysLeft(at: now + 3600) == 9)
        #expect(summary.daysLeft(at: now + 11 * 86400) < 0)
        #expect(throws: TopologyError.self) { try issue("spiffe://claviger.local/operator/admin") }
    }

    @Test("An issued identity prints and dumps without its key")
    func redacted() throws {
        let issued = try authority.issue(try SPIFFEID("spiffe://claviger.local/operator/admin"))
        var dumped = ""
        dump(issued, to: &dumped)
        for text in ["\(issued)", String(reflecting: issued), dumped, "\(authority)"] {
            #expect(!text.contains("PRIVATE"))
        }
    }
}
