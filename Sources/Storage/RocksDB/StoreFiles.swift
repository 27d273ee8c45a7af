import Glibc

/// What a store does with files beside its database. A simulation puts a disk in its place that forgets what was not
/// synced.
package protocol StoreFiles: Sendable {
    /// Makes the directory and its name durable; one that is there already is left alone. The reason when it failed.
    func makeDirectory(_ path: String) -> String?
    /// Writes at an offset, into a new file or into the one that is there. The reason when it failed.
    func write(_ bytes: [UInt8], at offset: Int, of path: String, _ mode: StoreFileMode) -> String?
    /// Gives a file another name, in place of the file that had it. The reason when it failed.
    func rename(_ path: String, to target: String) -> String?
    /// Makes the names in the directory durable. The reason when it failed.
    func syncDirectory(_ path: String) -> String?
}

/// How a store writes a file of its own.
package enum StoreFileMode: Sendable {
    /// Into a new file, whose bytes are durable at the end.
    case createSynced
    /// Into an existing file, whose bytes are durable at the end.
    case synced
    /// Into an existing file; the kernel writes it back in its own time.
    case unsynced
}

/// The files of the kernel.
package struct SystemFiles: StoreFiles {
    package init() {}

    package func makeDirectory(_ path: String) -> String? {
        guard mkdir(path, 0o700) == 0 else { return errno == EEXIST ? nil : errorText() }
        return syncDirectory(path.parentDirectory)
    }

    package func write(_ bytes: [UInt8], at offset: Int, of path: String, _ mode: StoreFileMode) -> String? {
        var flags = O_WRONLY | O_CLOEXEC
        if mode == .createSynced { flags |= O_CREAT | O_TRUNC }
        let file = open(path, flags, 0o600)
        guard file >= 0 else { return errorText() }
        defer { Glibc.close(file) }
        let wrote = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
        guard wrote == bytes.count else { return wrote < 0 ? errorText() : "the write was cut short" }
        guard mode == .unsynced || fdatasync(file) == 0 else { return errorText() }
        return nil
    }

    package func rename(_ path: String, to target: String) -> String? {
        Glibc.rename(path, target) == 0 ? nil : errorText()
    }

    package func syncDirectory(_ path: String) -> String? {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return errorText() }
        defer { Glibc.close(directory) }
        return fsync(directory) == 0 ? nil : errorText()
    }

    private func errorText() -> String { String(cString: strerror(errno)) }
}

extension String {
    /// The directory that holds the path.
    package var parentDirectory: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}
