import Glibc

/// Files that others must not read or find half-written.
package enum PrivateFile {
    /// Makes a directory and those above it with mode 0700. One that is there keeps its mode.
    package static func makeDirectory(_ path: String) throws(TopologyError) {
        if mkdir(path, 0o700) == 0 { return }
        let failure = errno
        if failure == EEXIST {
            var information = stat()
            guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
                throw TopologyError(path, "is not a directory")
            }
            return
        }
        guard failure == ENOENT, let parent = parent(of: path) else {
            throw TopologyError(path, "the directory cannot be made: \(SystemFailure.phrase(for: failure))")
        }
        try makeDirectory(parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw TopologyError(path, "the directory cannot be made: \(SystemFailure.phrase)")
        }
    }

    /// Writes a whole file beside its place, syncs it, and moves it there. Refuses to overwrite unless `replacing`.
    package static func write(
        _ text: String, to path: String, mode: UInt32 = 0o600, replacing: Bool = false
    ) throws(TopologyError) {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw TopologyError(path, "cannot be written: \(SystemFailure.phrase)") }
        defer { unlink(temporary) }
        // The mode given to open passes through the umask; the file must have exactly the mode asked for.
        let isWritten = fchmod(file, mode) == 0 && writeAll(Array(text.utf8), to: file) && fsync(file) == 0
        let failure = errno
        close(file)
        guard isWritten else { throw TopologyError(path, "cannot be written: \(SystemFailure.phrase(for: failure))") }
        if replacing {
            guard rename(temporary, path) == 0 else {
                throw TopologyError(path, "cannot be written: \(SystemFailure.phrase)")
            }
        } else {
            // Unlike rename, link never replaces a file.
            guard link(temporary, path) == 0 else {
                throw TopologyError(
                    path,
                    errno == EEXIST
                        ? "the file exists and is not overwritten" : "cannot be written: \(SystemFailure.phrase)")
            }
        }
        syncDirectory(of: path)
    }

    /// The permission bits of a file or directory; `nil` if it cannot be seen.
    package static func permissions(of path: String) -> UInt32? {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_mode & 0o777 : nil
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// So that the new name survives a crash. Some file systems refuse; the file itself is safe then, too.
    private static func syncDirectory(of path: String) {
        let directory = open(parent(of: path) ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        _ = fsync(directory)
        close(directory)
    }

    private static func parent(of path: String) -> String? {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
        return String(path[..<slash])
    }
}
