import FoundationEssentials
import Glibc

/// What runs leave on a machine, if anything.
package enum Remains {
    /// Processes that work in a run's folder, and mounts there: one line each. Folders that were to be kept do not
    /// count, and those of a run that still goes on do.
    package static func found() -> [String] {
        let mark = "/claviger-chaos."
        var lines: [String] = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = Int32(name), pid != getpid(), let command = content(of: "/proc/\(name)/cmdline") else {
                continue
            }
            let words = command.split(separator: "\0")
            if words.contains(where: { $0.contains(mark) }) {
                lines.append("process \(pid): \(words.first.map(String.init) ?? "")")
            }
        }
        for line in (content(of: "/proc/self/mounts") ?? "").split(separator: "\n") where line.contains(mark) {
            lines.append("mount: \(line)")
        }
        return lines.sorted()
    }

    private static func content(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
