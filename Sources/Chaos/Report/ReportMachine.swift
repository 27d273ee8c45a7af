import FoundationEssentials
import Glibc

/// Where runs were made, as far as it explains the figures.
package struct ReportMachine: Sendable, Codable, Equatable {
    package var processor: String
    package var cores: Int
    package var kernel: String
    /// Bytes.
    package var memory: Int

    package init(processor: String, cores: Int, kernel: String, memory: Int = 0) {
        self.processor = processor
        self.cores = cores
        self.kernel = kernel
        self.memory = memory
    }

    /// This machine; what it does not tell is `unknown` or 0.
    package static func current() -> ReportMachine {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        let processor = model.flatMap { $0.split(separator: ":").last }.map { String($0.drop { $0 == " " }) }
        let release = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
        return ReportMachine(
            processor: processor ?? "unknown", cores: max(0, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            kernel: release.split(separator: "\n").first.map(String.init) ?? "unknown",
            memory: max(0, sysconf(Int32(_SC_PHYS_PAGES))) * max(0, sysconf(Int32(_SC_PAGESIZE))))
    }
}
