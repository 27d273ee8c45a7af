import Glibc
import Synchronization
import Topology

/// The memory and the life of one process.
package struct ProcessRecord: Sendable, Encodable {
    package let process: String
    package let pid: Int32
    package var isAlive = true
    /// Resident megabytes: before the attacks, after each of them, at the highest, and at the end.
    package var beforeMB = 0.0
    package var afterAttackMB: [Double] = []
    package var peakMB = 0.0
    package var endMB = 0.0

    package var growthMB: Double { peakMB - beforeMB }
}

/// Looks at processes again and again.
final class ProcessWatch: Sendable {
    private let records: Mutex<[ProcessRecord]>
    private let isEnding = Atomic<Bool>(false)

    init(_ processes: [(name: String, pid: Int32)]) {
        records = Mutex(
            processes.map { process in
                var record = ProcessRecord(process: process.name, pid: process.pid)
                record.beforeMB = Self.residentMB(of: process.pid)
                record.peakMB = record.beforeMB
                return record
            })
    }

    /// Until `end` is called.
    func run() async {
        while !isEnding.load(ordering: .relaxed) {
            look { _, _ in }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    func end() { isEnding.store(true, ordering: .relaxed) }

    /// Notes the memory after one attack.
    func mark() { look { $0.afterAttackMB.append($1) } }

    /// The records, with the memory of now as the end's.
    func finish() -> [ProcessRecord] {
        look { record, memory in
            record.endMB = memory
            record.isAlive = memory > 0
        }
        return records.withLock { $0 }
    }

    private func look(_ note: (inout ProcessRecord, Double) -> Void) {
        records.withLock { records in
            for index in records.indices {
                let memory = Self.residentMB(of: records[index].pid)
                records[index].peakMB = max(records[index].peakMB, memory)
                note(&records[index], memory)
            }
        }
    }

    /// The second field of /proc/PID/statm counts pages (proc(5)). Zero for a process that has ended.
    private static func residentMB(of pid: Int32) -> Double {
        guard let text = try? TextFile.read("/proc/\(pid)/statm", limit: 256) else { return 0 }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return (Double(pages * sysconf(Int32(_SC_PAGESIZE))) / 10_000).rounded() / 100
    }
}
