import Cluster
import Glibc
import Testing

/// Linux cannot be put to sleep by a test, but a time namespace moves the clock that counts sleep and leaves the one
/// alone that does not (time_namespaces(7)).
@Suite("The shard's clock")
struct ShardClockTests {
    private static let variable = "CLAVIGER_CLOCK_FLOOR"
    private static let unshare = "/usr/bin/unshare"
    /// Seconds that the machine seems to have slept.
    private static let slept: UInt64 = 1_000_000

    private static var canMoveClocks: Bool {
        guard access("/proc/self/timens_offsets", F_OK) == 0, access(unshare, X_OK) == 0 else { return false }
        // Debian's own switch, which later kernels do not have.
        let isForbidden = contents(of: "/proc/sys/kernel/unprivileged_userns_clone")?.first == UInt8(ascii: "0")
        return geteuid() == 0 || !isForbidden
    }

    private static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    @Test(
        "Time that the machine sleeps counts, so that old state is not taken for fresh after it",
        .enabled(if: canMoveClocks, "SKIPPED: no time namespaces here"))
    func countsSleep() {
        let floor = monotonicNanoseconds() + Self.slept * 1_000_000_000
        var arguments = [Self.unshare]
        if geteuid() != 0 { arguments += ["--user", "--map-root-user"] }
        arguments += ["--time", "--fork", "--boottime", "\(Self.slept)"]
        arguments += ["/usr/bin/env", "\(Self.variable)=\(floor)", "/proc/\(getpid())/exe"]
        arguments += ["--testing-library", "swift-testing", "--filter", "ShardClockTests/isAhead"]
        let words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, Self.unshare, nil, nil, words, environ) == 0 else {
            Issue.record("\(Self.unshare) cannot be started")
            return
        }
        var status: Int32 = -1
        waitpid(pid, &status, 0)
        #expect(status == 0)
    }

    @Test(
        "What the other test starts after the sleep", .enabled(if: getenv(variable) != nil, "started by another test"))
    func isAhead() throws {
        let floor = try #require(getenv(Self.variable).flatMap { UInt64(String(cString: $0)) })
        #expect(monotonicNanoseconds() >= floor)
    }
}
