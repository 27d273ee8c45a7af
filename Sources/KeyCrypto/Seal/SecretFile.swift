import Glibc

/// Small files that must be whole: written beside, synced, renamed into place, and the directory synced (fsync(2),
/// rename(2)).
enum SecretFile {
    /// The content, or nil when there is no such file. Throws `sealRefused` for a link, a device, a file over `limit`
    /// bytes,
    /// or, with `ownerOnly`, one that others may touch.
    static func read(_ path: String, limit: Int, ownerOnly: Bool = false) throws(CryptoError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            if errno == ELOOP { throw .sealRefused("\(path) is a symbolic link") }
            throw failure("open", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("fstat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .sealRefused("\(path) is not a regular file") }
        guard status.st_size <= limit else { throw .sealRefused("\(path) is too long") }
        if ownerOnly, status.st_mode & 0o077 != 0 || status.st_uid != geteuid() {
            throw .sealRefused("\(path) must belong to this user and be readable by no one else (mode 0600)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error =
                    count < 0 ? failure("read", path) : CryptoError.storeDamaged("\(path) shrank while it was read")
                bytes.wipe()
                throw error
            }
            done += count
        }
        return bytes
    }

    /// Replaces the file; when this returns, the new content survives a power cut. On an error the old file is
    /// untouched.
    static func replace(_ path: String, with bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        let beside = path + ".new"
        if unlink(beside) != 0, errno != ENOENT { throw failure("unlink", beside) }
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", beside) }
        do {
            try write(bytes, to: descriptor, beside)
        } catch {
            close(descriptor)
            unlink(beside)
            throw error
        }
        guard close(descriptor) == 0 else { throw failure("close", beside) }
        guard rename(beside, path) == 0 else { throw failure("rename", path) }
        try syncDirectory(of: path)
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
    ) throws(CryptoError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            done += count
        }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    private static func syncDirectory(of path: String) throws(CryptoError) {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", directory) }
    }

    private static func failure(_ operation: String, _ path: String) -> CryptoError {
        .fileFailure(operation: operation, path: path, errno: errno)
    }
}
