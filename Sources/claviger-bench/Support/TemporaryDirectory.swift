import FoundationEssentials
import Glibc

/// A directory for one run, removed at its end.
struct TemporaryDirectory: Sendable {
    let path: String

    /// Made in TMPDIR, or in /tmp. It must be on a real disk for figures of synced writes to mean anything.
    init(isKept: Bool) throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/claviger-bench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchFailure("\(parent): no directory can be made there") }
        let made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = made
        Cleanup.add {
            if isKept {
                Console.complain("kept: \(made)")
            } else {
                try? FileManager.default.removeItem(atPath: made)
            }
        }
    }
}
