import Glibc

/// One process at a time looks at, makes and removes sockets in a directory. The kernel lets go when the holder dies,
/// and no file is left behind.
enum DirectoryLock {
    /// Others hold it for the time of a few system calls; who holds it for seconds does something else with it.
    private static let patience = Duration.seconds(5)

    /// Runs `body` while nobody else holds the directory that `path` is in.
    static func holding<Result>(
        directoryOf path: String, _ body: () throws(TransportError) -> Result
    ) throws(TransportError) -> Result {
        let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TransportError("cannot open the directory \(directory): \(reason)") }
        defer { close(descriptor) }
        let end = ContinuousClock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let isTaken = errno == EWOULDBLOCK || errno == EINTR
            guard isTaken, ContinuousClock.now < end else {
                throw TransportError(
                    "cannot lock the directory \(directory): \(isTaken ? "another process holds it" : reason)")
            }
            usleep(1000)
        }
        return try body()
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
