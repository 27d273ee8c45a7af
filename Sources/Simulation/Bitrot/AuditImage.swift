import Audit
import Glibc
import Raft

/// The directory of an audit log, and what is in it.
struct AuditImage {
    private let files: [ImageFile]
    private let records: [AuditRecord]

    /// A log of several files, closed in order or left by a killed process as the seed says.
    init(seed: UInt64, folder: ScratchFolder) throws {
        folder.clear()
        var random = Randomness(seed: seed)
        let log = try AuditLog(Self.configuration(folder))
        defer { log.close() }
        var records: [AuditRecord] = []
        for _ in 0..<40 {
            let batch = (0...random.draw(below: 6)).map { Self.record(records.count + $0) }
            records += batch
            log.append(batch: batch) { _ in }
            // One transaction for each batch, and nothing under way at the end.
            while log.statistics.sequence < records.count, !log.statistics.isFailing { usleep(50) }
        }
        guard log.statistics.sequence == records.count else { throw WrongAnswer(text: "the audit log takes nothing") }
        // A rotation after the last commit may be under way.
        usleep(20_000)
        if random.draw(below: 3) == 0 { log.close() }
        self.records = records
        files = folder.files().filter { !$0.hasSuffix("-shm") && !$0.hasSuffix(".lock") }
            .map { ImageFile(name: $0, bytes: folder.read($0)) }
    }

    /// Damages one file and looks what the verifier and the writer make of it.
    func trial(folder: ScratchFolder, random: inout Randomness) -> BitrotOutcome {
        folder.clear()
        let victim = random.pick(files.indices.filter { !files[$0].bytes.isEmpty })
        for (place, file) in files.enumerated() {
            var bytes = file.bytes
            if place == victim { random.flipBits(of: &bytes) }
            folder.write(bytes, to: file.name)
        }
        let directory = folder.path + "/audit"
        do {
            let verification = try AuditVerifier.verify(directory: directory)
            if let fault = verification.fault {
                return BitrotOutcome(verdict: .detected, text: fault.reason.description)
            }
            guard verification.records == records.count else {
                return .silent("\(verification.records) of \(records.count) records are proven")
            }
            let kept = try AuditReader.tail(directory: directory, limit: records.count + 1)
            guard kept.map(\.record) == records else { return .silent("the records are other ones") }
            let log = try AuditLog(Self.configuration(folder))
            defer { log.close() }
            guard log.statistics.sequence == records.count else {
                return .silent("the writer goes on after record \(log.statistics.sequence)")
            }
            return BitrotOutcome(verdict: .harmless)
        } catch {
            return .detected(error)
        }
    }

    private static func configuration(_ folder: ScratchFolder) -> AuditConfiguration {
        var configuration = AuditConfiguration(directory: folder.path + "/audit", node: "eu-west", region: "west")
        configuration.fileLimit = 40 << 10
        configuration.reserve = 0
        // The process would end here, aloud; a trial sees the log refuse.
        configuration.terminate = { _ in }
        return configuration
    }

    private static func record(_ number: Int) -> AuditRecord {
        var record = AuditRecord(
            time: 1_700_000_000_000_000_000 + Int64(number), action: "encrypt", decision: .allow, outcome: .done,
            node: "eu-west", region: "west")
        record.requestID = "request-\(number)"
        record.principal = "spiffe://claviger.test/workload/\(number % 7)"
        record.placement = "eu"
        record.tenant = "acme"
        record.keyID = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 16)
        return record
    }
}
