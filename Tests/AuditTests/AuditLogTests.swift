import Audit
import GRDB
import Glibc
import Telemetry
import Testing

@Suite("AuditLog")
struct AuditLogTests {
    @Test("What was appended is found after reopening, in order and chained")
    func reopen() async throws {
        let fixture = AuditFixture()
        var log = try AuditLog(fixture.configuration)
        #expect(try await log.append(AuditFixture.records(0..<3)).sequence == 3)
        log.close()
        log = try AuditLog(fixture.configuration)
        let head = try await log.append(AuditFixture.records(3..<5))
        log.close()
        #expect(head.sequence == 5)
        let verification = try AuditVerifier.verify(directory: fixture.directory, anchor: head)
        #expect(verification.isIntact)
        #expect(verification.records == 5)
        #expect(verification.head == head)
        let tail = try AuditReader.tail(directory: fixture.directory, limit: 2)
        #expect(tail.map(\.record) == AuditFixture.records(3..<5))
        #expect(try AuditReader.entries(directory: fixture.directory, after: 1, limit: 2).map(\.sequence) == [2, 3])
    }

    @Test("Batches of many threads are all kept, each in its own order, with its own last position")
    func concurrent() async throws {
        let fixture = AuditFixture()
        let log = try AuditLog(fixture.configuration)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<20 {
                        let start = (task * 20 + round) * 5
                        let head = try? await log.append(AuditFixture.records(start..<start + 5))
                        #expect(head != nil)
                    }
                }
            }
        }
        #expect(log.statistics.committed == 800)
        #expect(log.statistics.backlog == 0)
        log.close()
        let entries = try AuditReader.entries(directory: fixture.directory, after: 0, limit: 10_000)
        #expect(entries.count == 800)
        for start in stride(from: 0, to: 800, by: 5) {
            let numbers = entries[start..<start + 5].map { $0.record.time - 1_700_000_000_000_000_000 }
            #expect(numbers == Array(numbers[0]..<numbers[0] + 5))
            #expect(numbers[0] % 5 == 0)
        }
    }

    @Test("A full file is followed by another one that carries the chain on")
    func rotation() async throws {
        let fixture = AuditFixture()
        fixture.configuration.fileLimit = 64 << 10
        let log = try AuditLog(fixture.configuration)
        for start in stride(from: 0, to: 2_000, by: 100) {
            _ = try await log.append(AuditFixture.records(start..<start + 100))
        }
        log.close()
        #expect(try fixture.files().count > 2)
        let verification = try AuditVerifier.verify(directory: fixture.directory)
        #expect(verification.isIntact)
        #expect(verification.records == 2_000)
        #expect(try AuditReader.tail(directory: fixture.directory, limit: 1_500).first?.sequence == 501)
        #expect(
            try AuditReader.entries(directory: fixture.directory, after: 990, limit: 20).map(\.sequence)
                == Array(991...1010))
    }

    @Test("Without space every batch fails, and the log recovers by itself when space returns")
    func noSpace() async throws {
        let fixture = AuditFixture()
        let free = Shared<UInt64>(1 << 30)
        fixture.configuration.reserve = 1 << 20
        fixture.configuration.freeBytes = { _ in free.current }
        let log = try AuditLog(fixture.configuration)
        _ = try await log.append(AuditFixture.records(0..<1))
        free.set(1000)
        await #expect(throws: AuditError.noSpace) { _ = try await log.append(AuditFixture.records(1..<4)) }
        #expect(log.isDegraded)
        await #expect(throws: AuditError.noSpace) { _ = try await log.append(AuditFixture.records(4..<5)) }
        free.set(1 << 30)
        #expect(await eventually { !log.isDegraded })
        _ = try await log.append(AuditFixture.records(5..<6))
        #expect(log.statistics.refused == 4)
        log.close()
        let entries = try AuditReader.tail(directory: fixture.directory, limit: 10)
        #expect(entries.map(\.record.action) == ["encrypt", "audit.resume", "encrypt"])
        #expect(entries[1].record.effect == "4 records were refused")
        #expect(try AuditVerifier.verify(directory: fixture.directory).isIntact)
    }

    @Test("A commit that SQLite refuses for space leaves nothing and recovers")
    func fullCommit() async throws {
        let fixture = AuditFixture()
        let full = Shared(false)
        fixture.configuration.commitHook = {
            if full.current { throw DatabaseError(resultCode: .SQLITE_FULL) }
        }
        let log = try AuditLog(fixture.configuration)
        full.set(true)
        await #expect(throws: AuditError.noSpace) { _ = try await log.append(AuditFixture.records(0..<3)) }
        full.set(false)
        #expect(await eventually { !log.isDegraded })
        #expect(try await log.append(AuditFixture.records(3..<4)).sequence == 2)
        log.close()
        #expect(try AuditVerifier.verify(directory: fixture.directory).records == 2)
    }

    @Test("A failed sync asks for the end of the process and never lets anything pass again")
    func fatal() async throws {
        let fixture = AuditFixture()
        let broken = Shared(false)
        let reasons = Shared<[String]>([])
        fixture.configuration.commitHook = {
            if broken.current { throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
        }
        fixture.configuration.terminate = { reasons.set(reasons.current + [$0]) }
        let log = try AuditLog(fixture.configuration)
        broken.set(true)
        await #expect(throws: AuditError.self) { _ = try await log.append(AuditFixture.records(0..<1)) }
        #expect(reasons.current.count == 1)
        broken.set(false)
        for _ in 0..<5 {
            await #expect(throws: AuditError.self) { _ = try await log.append(AuditFixture.records(1..<2)) }
        }
        #expect(log.isDegraded)
        log.close()
        #expect(try AuditVerifier.verify(directory: fixture.directory).records == 0)
    }

    @Test("A slow commit marks the log as degraded while it runs, and a fast one ends that")
    func slow() async throws {
        let fixture = AuditFixture()
        fixture.configuration.slowCommit = .milliseconds(20)
        let hold = Shared(true)
        fixture.configuration.commitHook = {
            while hold.current { sched_yield() }
        }
        let log = try AuditLog(fixture.configuration)
        let done = Shared(false)
        log.append(batch: AuditFixture.records(0..<1)) { _ in done.set(true) }
        #expect(await eventually { log.isDegraded })
        #expect(!done.current)
        hold.set(false)
        #expect(await eventually { done.current })
        #expect(await eventually { !log.isDegraded })
        log.close()
        // Nothing was refused: the chain holds what was appended and nothing else.
        let entries = try AuditReader.tail(directory: fixture.directory, limit: 10)
        #expect(entries.map(\.record) == AuditFixture.records(0..<1))
        #expect(try AuditVerifier.verify(directory: fixture.directory).isIntact)
    }

    @Test("A slow log asks the disk by commits that reach it and leave no record")
    func slowForLong() async throws {
        let fixture = AuditFixture()
        fixture.configuration.slowCommit = .zero
        // Rarely enough that the WAL, which is used again from its start at 8 MiB, still grows.
        fixture.configuration.probeInterval = .milliseconds(20)
        let log = try AuditLog(fixture.configuration)
        for number in 0..<20 { _ = try await log.append(AuditFixture.records(number..<number + 1)) }
        #expect(log.isDegraded)
        let file = try #require(try fixture.files().first)
        let before = try fixture.size(of: file + "-wal")
        #expect(await eventually { ((try? fixture.size(of: file + "-wal")) ?? 0) >= before + 3 * 4096 })
        log.close()
        let entries = try AuditReader.tail(directory: fixture.directory, limit: 100)
        #expect(entries.map(\.record) == AuditFixture.records(0..<20))
    }

    @Test("A disk that breaks while a slow log asks it is noticed")
    func brokenWhileSlow() async throws {
        let fixture = AuditFixture()
        fixture.configuration.slowCommit = .zero
        let broken = Shared(false)
        let reasons = Shared<[String]>([])
        fixture.configuration.commitHook = {
            if broken.current { throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
        }
        fixture.configuration.terminate = { reasons.set(reasons.current + [$0]) }
        let log = try AuditLog(fixture.configuration)
        _ = try await log.append(AuditFixture.records(0..<1))
        broken.set(true)
        #expect(await eventually { !reasons.current.isEmpty })
        await #expect(throws: AuditError.self) { _ = try await log.append(AuditFixture.records(1..<2)) }
        log.close()
    }

    @Test("Too long a backlog and a closed log refuse at once")
    func refusals() async throws {
        let fixture = AuditFixture()
        fixture.configuration.backlogLimit = 10
        let hold = Shared(true)
        let entered = Shared(false)
        fixture.configuration.commitHook = {
            entered.set(true)
            while hold.current { sched_yield() }
        }
        let log = try AuditLog(fixture.configuration)
        log.append(batch: AuditFixture.records(0..<1)) { _ in }
        #expect(await eventually { entered.current })
        log.append(batch: AuditFixture.records(1..<9)) { _ in }
        #expect(log.statistics.backlog == 8)
        await #expect(throws: AuditError.overloaded(limit: 10)) {
            _ = try await log.append(AuditFixture.records(9..<13))
        }
        hold.set(false)
        log.close()
        await #expect(throws: AuditError.closed) { _ = try await log.append(AuditFixture.records(0..<1)) }
        #expect(try AuditVerifier.verify(directory: fixture.directory).isIntact)
        let kept = try AuditReader.tail(directory: fixture.directory, limit: 100)
        #expect(kept.map(\.record) == AuditFixture.records(0..<9))
    }

    @Test("A second writer is refused while the first one lives")
    func lock() throws {
        let fixture = AuditFixture()
        let log = try AuditLog(fixture.configuration)
        #expect(throws: AuditError.inUse(path: fixture.directory)) { _ = try AuditLog(fixture.configuration) }
        log.close()
        try AuditLog(fixture.configuration).close()
    }

    @Test("A log whose last record was changed is not opened")
    func damagedTail() async throws {
        let fixture = AuditFixture()
        let log = try AuditLog(fixture.configuration)
        _ = try await log.append(AuditFixture.records(0..<3))
        log.close()
        let file = try #require(try fixture.files().first)
        try fixture.tamper(file, "UPDATE record SET hash = zeroblob(32) WHERE seq = 3")
        let error = #expect(throws: AuditError.self) { _ = try AuditLog(fixture.configuration) }
        #expect(error?.description.contains("record 3") == true)
    }

    @Test("A frame of the WAL that was damaged is no end of the log")
    func damagedFrame() async throws {
        let fixture = AuditFixture()
        let log = try AuditLog(fixture.configuration)
        for number in 0..<40 { _ = try await log.append(AuditFixture.records(number..<number + 1)) }
        // What a killed process leaves.
        let image = AuditFixture()
        try makeDirectory(image.directory)
        let file = try #require(try fixture.files().first)
        let name = String(file.dropFirst(fixture.directory.count))
        for part in [name, name + "-wal", "/audit.head"] {
            try copyFile(fixture.directory + part, image.directory + part)
        }
        log.close()
        try flipBit(image.directory + name + "-wal", at: 0.7)
        #expect(try AuditVerifier.verify(directory: image.directory).fault?.reason == .rewound)
        let error = #expect(throws: AuditError.self) { _ = try AuditLog(image.configuration) }
        #expect(error?.description.contains("record 40 was durable and is gone") == true)
    }

    @Test("The metrics show what the log did")
    func metrics() async throws {
        let fixture = AuditFixture()
        let registry = MetricsRegistry()
        let log = try AuditLog(fixture.configuration, metrics: registry)
        _ = try await log.append(AuditFixture.records(0..<7))
        let text = registry.exposition()
        #expect(text.contains("claviger_audit_records_total 7\n"))
        #expect(text.contains("claviger_audit_commit_duration_seconds_count 1\n"))
        #expect(text.contains("claviger_audit_backlog_records 0\n"))
        #expect(text.contains("claviger_audit_sequence 7\n"))
        log.close()
    }
}
