import Glibc

/// The files of one log: `audit-FIRST.sqlite`, where FIRST is the sequence of the file's first record in 20 digits.
struct AuditDirectory: Sendable {
    let path: String

    struct File: Hashable, Sendable {
        var path: String
        var first: Int64
    }

    /// The path of the file that begins with this record.
    func path(first: Int64) -> String {
        let digits = String(first)
        return "\(path)/audit-\(String(repeating: "0", count: max(0, 20 - digits.utf8.count)))\(digits).sqlite"
    }

    /// All files in the order of their records.
    func files() throws(AuditError) -> [File] {
        guard let directory = opendir(path) else { throw .cannotOpen(path: path, reason: errorText()) }
        defer { closedir(directory) }
        var files: [File] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix("audit-"), name.hasSuffix(".sqlite") else { continue }
            let digits = name.dropFirst(6).dropLast(7)
            guard digits.utf8.count == 20, let first = Int64(digits), first > 0 else { continue }
            files.append(File(path: "\(path)/\(name)", first: first))
        }
        return files.sorted { $0.first < $1.first }
    }

    /// Makes the directory for this user only, where it is missing.
    func create() throws(AuditError) {
        if mkdir(path, 0o700) != 0 && errno != EEXIST { throw .cannotOpen(path: path, reason: errorText()) }
    }

    /// Makes an empty file for this user only; SQLite gives its side files the same mode.
    func prepare(_ file: String) throws(AuditError) {
        let descriptor = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == ENOSPC || errno == EDQUOT { throw .noSpace }
            throw .cannotOpen(path: file, reason: errorText())
        }
        Glibc.close(descriptor)
    }

    /// Removes a file that never got a record, and its side files.
    func remove(_ file: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(file + suffix) }
    }

    /// Makes new names in the directory durable.
    func sync() throws(AuditError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: errorText()) }
        defer { Glibc.close(descriptor) }
        if fsync(descriptor) != 0 { throw .damaged(path: path, reason: "fsync: \(errorText())") }
    }

    /// Bytes that this user may still write on the disk below. Nil where the kernel does not say.
    static func freeBytes(at path: String) -> UInt64? {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { return nil }
        return UInt64(facts.f_bavail) &* UInt64(facts.f_frsize)
    }

    /// The size of a file in bytes; zero where there is none.
    static func size(of path: String) -> UInt64 {
        var facts = stat()
        return stat(path, &facts) == 0 ? UInt64(max(0, facts.st_size)) : 0
    }

    private func errorText() -> String { String(cString: strerror(errno)) }
}
