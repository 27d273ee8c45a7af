import Glibc
import Telemetry

/// How a log is written.
package struct AuditConfiguration: Sendable {
    /// The directory of the log's files, on a disk with room of its own. Made where it is missing.
    package var directory: String
    /// This node's name and region: part of every record the log writes by itself.
    package var node: String
    package var region: String
    /// A file that has reached this many bytes is closed and the chain goes on in the next.
    package var fileLimit: UInt64 = 1 << 30
    /// With less free space than this, in bytes, the log refuses, so that the disk never runs full under a write.
    package var reserve: UInt64 = 64 << 20
    /// Batches are refused while this many records wait.
    package var backlogLimit = 65_536
    /// A commit that takes longer marks the log as degraded.
    package var slowCommit: Duration = .seconds(1)
    /// How often a failing or slow log tries again by itself.
    package var probeInterval: Duration = .milliseconds(500)
    /// How many records at the end of the chain are checked on opening.
    package var verifiedTail = 1024
    /// Ends the process after a failed sync. Gets the line that says why; must not return in production.
    package var terminate: @Sendable (String) -> Void = AuditConfiguration.endProcess
    /// Free bytes of the disk at a path; the kernel's answer unless replaced.
    package var freeBytes: @Sendable (String) -> UInt64? = { AuditDirectory.freeBytes(at: $0) }
    /// Runs inside each transaction before its commit: a test makes the disk slow or broken here.
    package var commitHook: (@Sendable () throws -> Void)?

    /// The required facts; everything else has a default.
    package init(directory: String, node: String, region: String) {
        self.directory = directory
        self.node = node
        self.region = region
    }

    /// Writes the line to standard error and ends the process at once, without running exit handlers that could write
    /// more.
    package static let endProcess: @Sendable (String) -> Void = { reason in
        StandardError.write("\(Timestamp.now().text) critical audit \(reason)\n")
        _exit(74)
    }
}
