import Glibc

/// Small text files.
package enum TextFile {
    /// The whole text. More than `limit` bytes, or bytes that are not UTF-8, are refused.
    package static func read(_ path: String, limit: Int) throws(TopologyError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw TopologyError(path, "cannot be opened: \(SystemFailure.phrase)") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw TopologyError(path, "cannot be read: \(SystemFailure.phrase)") }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw TopologyError(path, "has more than \(limit) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TopologyError(path, "is not UTF-8 text")
        }
        return text
    }

    /// The last lines of a file that may be large; empty if it cannot be read.
    package static func lastLines(_ count: Int, of path: String) -> [String] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        let window = 16 * 1024
        let size = Int(lseek(file, 0, SEEK_END))
        guard size > 0, lseek(file, max(0, size - window), SEEK_SET) >= 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: window)
        let length = Glibc.read(file, &bytes, window)
        guard length > 0 else { return [] }
        return String(decoding: bytes[..<length], as: UTF8.self).split(separator: "\n").suffix(count).map(String.init)
    }

    /// Whether something is at the path.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
