import Glibc

/// Keeps two commands from changing one directory at the same time (flock(2)). The system lets go when we end.
package enum FileLock {
    /// Runs the body while the lock is held; refuses at once if another process holds it.
    package static func hold<Result>(
        _ path: String, _ body: () throws(TopologyError) -> Result
    ) throws(TopologyError) -> Result {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TopologyError(path, "cannot be opened: \(SystemFailure.phrase)") }
        defer { close(file) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw TopologyError(path, "another command is changing this federation; try again when it is done")
        }
        return try body()
    }
}
