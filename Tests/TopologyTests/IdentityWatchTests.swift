import FoundationEssentials
import Testing
import Topology

@Suite("The watch on an identity's files")
struct IdentityWatchTests {
    static let uri = "spiffe://claviger.local/region/eu-west/node/eu-west"
    let scratch: ScratchDirectory
    let authority: CertificateAuthority
    let directory: IdentityDirectory

    init() throws {
        scratch = try ScratchDirectory()
        authority = try CertificateAuthority.create(trustDomain: "claviger.local")
        directory = IdentityDirectory("\(scratch.path)/identity")
        try authority.issue(try SPIFFEID(Self.uri), days: 300).save(to: directory)
    }

    private func watch() throws -> IdentityWatch {
        let material = try IdentityMaterial(reading: directory)
        let expected = try SPIFFEID(Self.uri)
        return IdentityWatch(material, of: expected, summary: try material.check(expecting: expected))
    }

    private func refusal(_ finding: IdentityWatch.Finding) -> String? {
        if case .refused(let error) = finding { error.problem } else { nil }
    }

    private func isUnchanged(_ finding: IdentityWatch.Finding) -> Bool {
        if case .unchanged = finding { true } else { false }
    }

    @Test("A renewed identity is found, and is in force once it was adopted")
    func renewed() throws {
        var watch = try watch()
        #expect(isUnchanged(watch.look()))
        try authority.issue(try SPIFFEID(Self.uri), days: 20).save(to: directory, replacing: true)
        guard case .renewed(let material, let summary) = watch.look() else {
            Issue.record("the new files were not seen")
            return
        }
        #expect((299...300).contains(watch.summary.daysLeft()) && (19...20).contains(summary.daysLeft()))
        watch.adopt(material, summary)
        #expect(isUnchanged(watch.look()) && (19...20).contains(watch.summary.daysLeft()))
    }

    @Test("Authorities may be several, as while one takes over from another")
    func authorities() throws {
        var watch = try watch()
        let next = try CertificateAuthority.create(trustDomain: "claviger.local")
        try next.save(to: "\(scratch.path)/next")
        let both = try ["\(scratch.path)/next/ca.pem", directory.authorityPath]
            .map { try TextFile.read($0, limit: 65_536) }.joined()
        try PrivateFile.write(both, to: directory.authorityPath, replacing: true)
        guard case .renewed(let material, let summary) = watch.look() else {
            Issue.record("the new authorities were not seen")
            return
        }
        watch.adopt(material, summary)
        try next.issue(try SPIFFEID(Self.uri)).save(to: directory, replacing: true)
        guard case .renewed = watch.look() else {
            Issue.record("the certificate of the next authority was not taken")
            return
        }
    }

    @Test("Files that do not fit are refused with a reason, once for each content, and the former identity stays")
    func refused() throws {
        var watch = try watch()
        let read = { (path: String) in try TextFile.read(path, limit: 65_536) }
        let write = { (text: String, path: String) in try PrivateFile.write(text, to: path, replacing: true) }
        let (certificate, key) = (try read(directory.certificatePath), try read(directory.keyPath))

        try write("not a certificate", directory.certificatePath)
        #expect(refusal(watch.look()) == "this is not a certificate in PEM")
        #expect(isUnchanged(watch.look()))
        try write("nor this", directory.certificatePath)
        #expect(refusal(watch.look()) == "this is not a certificate in PEM")
        watch.forgetRefusal()
        #expect(refusal(watch.look()) == "this is not a certificate in PEM")

        // In the middle of a renewal: the key is there, the certificate is not.
        let scratchIdentity = IdentityDirectory("\(scratch.path)/other")
        try authority.issue(try SPIFFEID(Self.uri)).save(to: scratchIdentity)
        try write(certificate, directory.certificatePath)
        try write(try read(scratchIdentity.keyPath), directory.keyPath)
        #expect(refusal(watch.look())?.hasPrefix("the key does not belong to") == true)
        try write("not a key", directory.keyPath)
        #expect(refusal(watch.look()) == "this is not a private key in PEM")
        try write(key, directory.keyPath)
        #expect(isUnchanged(watch.look()))

        try authority.issue(try SPIFFEID("spiffe://claviger.local/region/eu-west/node/eu-north"))
            .save(to: directory, replacing: true)
        #expect(refusal(watch.look())?.hasPrefix("the certificate is for spiffe://") == true)
        try authority.issue(try SPIFFEID(Self.uri), days: 1, now: Date() - 3 * 86_400)
            .save(to: directory, replacing: true)
        #expect(refusal(watch.look()) == "has expired")
        try authority.issue(try SPIFFEID(Self.uri), now: Date() + 86_400).save(to: directory, replacing: true)
        #expect(refusal(watch.look()) == "is not valid yet")
        let stranger = try CertificateAuthority.create(trustDomain: "claviger.local")
        try stranger.issue(try SPIFFEID(Self.uri)).save(to: scratchIdentity, replacing: true)
        try write(try read(scratchIdentity.certificatePath), directory.certificatePath)
        #expect(refusal(watch.look())?.hasPrefix("was not issued by an authority in") == true)
        #expect((299...300).contains(watch.summary.daysLeft()))
    }

    @Test("An identity prints as a digest and shows no key")
    func unprintable() throws {
        let material = try IdentityMaterial(reading: directory)
        var text = ""
        dump(material, to: &text)
        #expect(!"\(material) \(text)".contains("PRIVATE") && "\(material)".hasPrefix("identity "))
    }
}
