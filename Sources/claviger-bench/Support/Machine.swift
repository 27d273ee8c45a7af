import Glibc
import Topology

/// Where a measurement was made, as far as it explains the figures.
struct Machine: Encodable {
    let processor: String
    let cores: Int
    let kernel: String
    /// Over one minute, before the run: another load on the machine shows here.
    let loadAverage: Double
    /// Median of 100 appends of 4096 bytes with fdatasync in the run's directory, in microseconds.
    let syncMicroseconds: Double

    init(directory: String) {
        let information = (try? TextFile.read("/proc/cpuinfo", limit: 1 << 20)) ?? ""
        let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        processor = model.flatMap { $0.split(separator: ":").last }.map { String($0.drop { $0 == " " }) } ?? "unknown"
        cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let release = (try? TextFile.read("/proc/sys/kernel/osrelease", limit: 256)) ?? ""
        kernel = release.split(separator: "\n").first.map(String.init) ?? "unknown"
        var loads = [0.0, 0.0, 0.0]
        getloadavg(&loads, 3)
        loadAverage = loads[0]
        syncMicroseconds = Self.syncTime(in: directory)
    }

    private static func syncTime(in directory: String) -> Double {
        let path = "\(directory)/sync-probe"
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return 0 }
        defer {
            close(file)
            unlink(path)
        }
        let block = [UInt8](repeating: 7, count: 4096)
        let clock = ContinuousClock()
        let times = (0..<100).map { _ in
            clock.measure {
                _ = write(file, block, block.count)
                _ = fdatasync(file)
            }
        }
        return (times.sorted()[50] / .nanoseconds(1) / 1000).rounded()
    }
}
