import Glibc

/// Keeps a second writer away from a log for as long as it lives (flock(2)); the kernel frees it when the process ends.
final class AuditLock {
    private let descriptor: Int32

    init(directory: String) throws(AuditError) {
        let path = directory + "/audit.lock"
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == ENOSPC || errno == EDQUOT { throw .noSpace }
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(descriptor)
            throw .inUse(path: directory)
        }
        self.descriptor = descriptor
    }

    deinit { Glibc.close(descriptor) }
}
