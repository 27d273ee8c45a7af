import Simulation

extension TraceHash {
    /// Takes a text in: the length of its UTF-8, and all its bytes, eight to a word.
    mutating func absorb(_ text: String) {
        let bytes = Array(text.utf8)
        absorb(UInt64(bytes.count))
        for start in stride(from: 0, to: bytes.count, by: 8) {
            absorb(bytes[start..<min(start + 8, bytes.count)].reduce(0) { $0 << 8 | UInt64($1) })
        }
    }
}
