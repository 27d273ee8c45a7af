import Glibc

/// What the kernel says about this process, under the names that Prometheus clients share.
package enum ProcessMetrics {
    /// Registers memory, open descriptors, start time and the build's version.
    package static func register(in registry: MetricsRegistry, version: String, node: String) {
        let started = Double(Timestamp.now().nanoseconds) / 1e9
        registry.observe(MetricName.residentMemory, help: "Resident memory of the process.") {
            residentBytes().map { [MetricSample(Double($0))] } ?? []
        }
        registry.observe(MetricName.openDescriptors, help: "Open file descriptors of the process.") {
            openDescriptors().map { [MetricSample(Double($0))] } ?? []
        }
        registry.observe(MetricName.startTime, help: "When the process started, in seconds since 1970.") {
            [MetricSample(started)]
        }
        registry.observe(MetricName.buildInfo, help: "What runs; always 1.") {
            [MetricSample(1, ["version": version, "node": node])]
        }
    }

    /// Resident memory in bytes, from the second field of `/proc/self/statm` (proc(5)), which counts pages.
    package static func residentBytes() -> UInt64? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = UInt64(fields[1]) else { return nil }
        return pages * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
    }

    /// The number of entries in `/proc/self/fd`, less the one used for counting.
    package static func openDescriptors() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            // 0x2E is the dot of `.` and `..`.
            if entry.pointee.d_name.0 != 0x2E { count += 1 }
        }
        return max(0, count - 1)
    }
}
