import Glibc

/// The two output streams.
enum Console {
    /// Results go here.
    static func say(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Mistakes and failures go here.
    static func complain(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// One step of long work: shown to a person at a terminal, quiet in a pipe.
    static func progress(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { complain(text) }
    }

    /// Raw bytes on standard output.
    static func emit(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
