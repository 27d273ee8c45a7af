import Glibc

/// The whole of standard input.
enum StandardInput {
    /// Far above what a node takes in one call, in bytes.
    static let limit = 1 << 20

    static func read() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure("standard input cannot be read") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw CommandFailure("standard input has more than \(limit) bytes") }
        }
    }
}
