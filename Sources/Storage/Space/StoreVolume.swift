import Glibc

/// The disk under a store, and the reserve on it: a file of no meaning that is given up when everything else is used,
/// so that the store can flush, compact and be opened. Usable from any thread.
package struct StoreVolume: Sendable {
    /// Bytes of the reserve.
    package static let reserve: UInt64 = 16 << 20
    /// With less than this RocksDB aborts the process in the midst of opening, instead of saying why.
    package static let leastForOpening: UInt64 = 4 << 20
    /// The directory of the store.
    package let path: String
    private var file: String { path + "/reserve" }

    package init(path: String) { self.path = path }

    /// Free and total bytes now (statvfs(3)).
    package func space() throws(StorageError) -> DiskSpace {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw .failed(String(cString: strerror(errno))) }
        let unit = UInt64(status.f_frsize)
        return DiskSpace(free: UInt64(status.f_bavail) &* unit, total: UInt64(status.f_blocks) &* unit)
    }

    /// Bytes of the files in a folder of the store; 0 where there is none.
    func bytes(of folder: String) -> UInt64 {
        guard let directory = opendir(folder) else { return 0 }
        defer { closedir(directory) }
        let descriptor = dirfd(directory)
        var total: UInt64 = 0
        while let entry = readdir(directory) {
            var facts = stat()
            let status = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    fstatat(descriptor, $0, &facts, AT_SYMLINK_NOFOLLOW)
                }
            }
            if status == 0, facts.st_mode & S_IFMT == S_IFREG { total += UInt64(max(0, facts.st_size)) }
        }
        return total
    }

    /// Whether the reserve is there in full.
    package var hasReserve: Bool {
        var facts = stat()
        return stat(file, &facts) == 0 && UInt64(max(0, facts.st_blocks)) * 512 >= Self.reserve
    }

    /// Takes the reserve's blocks, where they are not taken yet. False where the disk does not give them, which leaves
    /// nothing behind.
    @discardableResult
    package func keepReserve() -> Bool {
        if hasReserve { return true }
        let descriptor = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard posix_fallocate(descriptor, 0, off_t(Self.reserve)) == 0 else {
            unlink(file)
            return false
        }
        return true
    }

    /// Gives the reserve's blocks back to the disk. False where there was none.
    @discardableResult
    package func giveUpReserve() -> Bool { unlink(file) == 0 }
}
