import Glibc

/// The process's standard error, written without buffers: what was logged before a crash has left the process.
package enum StandardError {
    /// Writes the whole text by one call where the kernel takes it, so that lines of several threads do not mix.
    package static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty, let start = rest.baseAddress {
                let written = Glibc.write(STDERR_FILENO, start, rest.count)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }
}
