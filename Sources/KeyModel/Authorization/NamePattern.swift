/// Key parts that a selector speaks of: `*` stands for any run of bytes, also none.
package struct NamePattern: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Throws `invalidRequest` unless the text is 1-128 bytes of `a-z 0-9 - . _ *`.
    package init(parsing text: String) throws(KMSError) {
        let legal = Array("abcdefghijklmnopqrstuvwxyz0123456789-._*".utf8)
        guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ legal.contains($0) }) else {
            throw KMSError(.invalidRequest, "a name pattern is 1-128 of a-z, 0-9, '-', '.', '_' and '*'")
        }
        self.text = text
    }

    /// Cost is at most the product of both lengths: after a mismatch only the last star moves.
    package func matches(_ name: String) -> Bool {
        let pattern = Array(text.utf8)
        let bytes = Array(name.utf8)
        var at = 0
        var next = 0
        var star: (pattern: Int, byte: Int)?
        while next < bytes.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                star = (at, next)
                at += 1
            } else if at < pattern.count, pattern[at] == bytes[next] {
                at += 1
                next += 1
            } else if let last = star {
                star = (last.pattern, last.byte + 1)
                at = last.pattern + 1
                next = last.byte + 1
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    package var description: String { text }
}
