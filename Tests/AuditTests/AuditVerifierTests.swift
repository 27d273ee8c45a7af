import Audit
import Testing

@Suite("AuditVerifier")
struct AuditVerifierTests {
    /// A closed log of 300 records over several files.
    private func makeLog() async throws -> (AuditFixture, AuditHead) {
        let fixture = AuditFixture()
        fixture.configuration.fileLimit = 24 << 10
        let log = try AuditLog(fixture.configuration)
        var head = AuditHead(sequence: 0, hash: [])
        for start in stride(from: 0, to: 300, by: 10) {
            head = try await log.append(AuditFixture.records(start..<start + 10))
        }
        log.close()
        return (fixture, head)
    }

    /// The file that holds a record, by the names of the files.
    private func file(of sequence: Int64, in fixture: AuditFixture) throws -> String {
        try #require(try fixture.files().last { Int64($0.dropLast(7).suffix(20)) ?? .max <= sequence })
    }

    @Test("Every kind of tampering is found at its first bad record", arguments: [1, 2, 137, 299, 300] as [Int64])
    func tampering(sequence: Int64) async throws {
        let changes: [(sql: String, reason: AuditFault.Reason)] = [
            ("UPDATE record SET record = CAST(record || x'00' AS BLOB) WHERE seq = \(sequence)", .hashMismatch),
            ("UPDATE record SET hash = zeroblob(32) WHERE seq = \(sequence)", .hashMismatch),
            ("UPDATE record SET record = zeroblob(length(record)) WHERE seq = \(sequence)", .hashMismatch),
            ("UPDATE record SET seq = 100000 WHERE seq = \(sequence)", .missing),
        ]
        for change in changes {
            let (fixture, _) = try await makeLog()
            try fixture.tamper(try file(of: sequence, in: fixture), change.sql)
            let verification = try AuditVerifier.verify(directory: fixture.directory)
            let fault = try #require(verification.fault)
            #expect(fault.sequence == sequence)
            #expect(fault.reason == change.reason)
            #expect(verification.records == sequence - 1)
        }
    }

    @Test("A deleted record is found, or needs an anchor where it was the last", arguments: [1, 137, 300] as [Int64])
    func deletion(sequence: Int64) async throws {
        let (fixture, head) = try await makeLog()
        try fixture.tamper(try file(of: sequence, in: fixture), "DELETE FROM record WHERE seq = \(sequence)")
        let verification = try AuditVerifier.verify(directory: fixture.directory, anchor: head)
        #expect(verification.fault?.sequence == sequence)
        #expect(verification.isIntact == false)
    }

    @Test("Two records that changed places are found")
    func swapped() async throws {
        let (fixture, _) = try await makeLog()
        let file = try file(of: 5, in: fixture)
        try fixture.tamper(
            file,
            """
            UPDATE record SET seq = -1 WHERE seq = 5; UPDATE record SET seq = 5 WHERE seq = 6;
            UPDATE record SET seq = 6 WHERE seq = -1
            """
        )
        #expect(try AuditVerifier.verify(directory: fixture.directory).fault?.sequence == 5)
    }

    @Test("A file that is taken out of the middle breaks the link")
    func missingFile() async throws {
        let (fixture, _) = try await makeLog()
        let files = try fixture.files()
        try #require(files.count >= 3)
        let first = try #require(Int64(files[1].dropLast(7).suffix(20)))
        try removeFile(files[1])
        let fault = try #require(try AuditVerifier.verify(directory: fixture.directory).fault)
        #expect(fault.reason == .brokenLink)
        #expect(fault.sequence == first)
    }

    @Test("Old files may be archived; the rest is proven by itself")
    func archived() async throws {
        let (fixture, head) = try await makeLog()
        let files = try fixture.files()
        try removeFile(files[0])
        let verification = try AuditVerifier.verify(directory: fixture.directory, anchor: head)
        #expect(verification.isIntact)
        #expect((verification.first ?? 0) > 1)
    }

    @Test("A file of another log does not fit")
    func spliced() async throws {
        let (one, _) = try await makeLog()
        let (other, _) = try await makeLog()
        let (target, source) = (try one.files()[1], try other.files()[1])
        try removeFile(target)
        try copyFile(source, target)
        #expect(try AuditVerifier.verify(directory: one.directory).fault?.reason == .brokenLink)
    }

    @Test("A log that was set back is found by a head that was kept")
    func rewound() async throws {
        let fixture = AuditFixture()
        var log = try AuditLog(fixture.configuration)
        _ = try await log.append(AuditFixture.records(0..<10))
        log.close()
        let file = try #require(try fixture.files().first)
        try copyFile(file, file + ".old")
        log = try AuditLog(fixture.configuration)
        let kept = try await log.append(AuditFixture.records(10..<15))
        log.close()
        try removeFile(file)
        try copyFile(file + ".old", file)
        #expect(try AuditVerifier.verify(directory: fixture.directory).fault?.reason == .rewound)
        try removeFile(fixture.directory + "/audit.head")
        #expect(try AuditVerifier.verify(directory: fixture.directory).isIntact)
        #expect(try AuditVerifier.verify(directory: fixture.directory, anchor: kept).fault?.reason == .rewound)
    }

    @Test("Bytes that are not a database are a fault, not an error")
    func garbage() async throws {
        let (fixture, _) = try await makeLog()
        let file = try #require(try fixture.files().last)
        try writeGarbage(file)
        let fault = try #require(try AuditVerifier.verify(directory: fixture.directory).fault)
        guard case .unreadable = fault.reason else {
            Issue.record("\(fault)")
            return
        }
        #expect(fault.file == file)
    }
}
