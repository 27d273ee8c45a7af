import Glibc

/// What a search of files found.
package struct CanaryFindings: Sendable, Equatable {
    /// One place.
    package struct Hit: Sendable, Equatable {
        package let label: String
        package let path: String
        /// In bytes from the beginning of the file; nil if the path itself bears the pattern.
        package let offset: Int?
    }

    package var files = 0
    package var bytes = 0
    package var hits: [Hit] = []

    package init() {}
}

extension CanarySearch {
    /// Searches a file, or every regular file under a directory, and the paths themselves. Symbolic links are not
    /// followed.
    ///
    /// Throws for anything that is there and cannot be read: what was not searched must not count as clean. A file that
    /// is removed meanwhile is gone, which is as good as clean.
    package func search(_ path: String, into findings: inout CanaryFindings) throws(TopologyError) {
        var information = stat()
        guard lstat(path, &information) == 0 else {
            if errno == ENOENT { return }
            throw TopologyError(path, "cannot be seen: \(SystemFailure.phrase)")
        }
        for hit in Array(path.utf8).withUnsafeBytes({ hits(in: $0) }) {
            findings.hits.append(.init(label: hit.pattern.label, path: path, offset: nil))
        }
        switch information.st_mode & S_IFMT {
        case S_IFDIR:
            for name in try Self.names(in: path) { try search("\(path)/\(name)", into: &findings) }
        case S_IFREG:
            try searchFile(path, into: &findings)
        default:
            return
        }
    }

    private static func names(in path: String) throws(TopologyError) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return [] }
            throw TopologyError(path, "cannot be read: \(SystemFailure.phrase)")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private func searchFile(_ path: String, into findings: inout CanaryFindings) throws(TopologyError) {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return }
            throw TopologyError(path, "cannot be opened: \(SystemFailure.phrase)")
        }
        defer { close(file) }
        findings.files += 1
        // The end of one piece is searched again with the next, so that no place between two pieces is missed.
        let overlap = max(0, longest - 1)
        var buffer = [UInt8](repeating: 0, count: (1 << 20) + overlap)
        var kept = 0
        var offset = 0
        while true {
            let room = buffer.count - kept
            let count = buffer.withUnsafeMutableBytes { bytes in
                Glibc.read(file, bytes.baseAddress?.advanced(by: kept), room)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw TopologyError(path, "cannot be read: \(SystemFailure.phrase)") }
            if count == 0 { return }
            findings.bytes += count
            let filled = kept + count
            let known = kept
            let found = buffer.withUnsafeBytes { hits(in: UnsafeRawBufferPointer(rebasing: $0[..<filled])) }
            for hit in found where hit.offset + hit.pattern.bytes.count > known {
                findings.hits.append(.init(label: hit.pattern.label, path: path, offset: offset - known + hit.offset))
            }
            offset += count
            kept = min(overlap, filled)
            buffer.replaceSubrange(0..<kept, with: Array(buffer[(filled - kept)..<filled]))
        }
    }
}
