/// Reads the pieces of a canonical record; bytes from a disk that anybody may have written to.
struct AuditByteReader {
    private let content: [UInt8]
    private var position = 0
    /// Set by the first piece that is not there; pieces read after it are empty.
    private(set) var failed = false

    init(_ content: [UInt8]) { self.content = content }

    var isAtEnd: Bool { !failed && position == content.count }

    mutating func byte() -> UInt8? {
        guard !failed, position < content.count else {
            failed = true
            return nil
        }
        defer { position += 1 }
        return content[position]
    }

    /// A byte that may be 0 or 1 only.
    mutating func flag() -> Bool? {
        switch byte() {
        case 0: return false
        case 1: return true
        default:
            failed = true
            return nil
        }
    }

    mutating func number() -> UInt64? {
        guard !failed, content.count - position >= 8 else {
            failed = true
            return nil
        }
        var result: UInt64 = 0
        for offset in 0..<8 { result = result << 8 | UInt64(content[position + offset]) }
        position += 8
        return result
    }

    mutating func bytes() -> [UInt8] {
        guard let high = byte(), let low = byte() else { return [] }
        let count = Int(high) << 8 | Int(low)
        guard count <= AuditRecordCodec.textLimit, content.count - position >= count else {
            failed = true
            return []
        }
        defer { position += count }
        return Array(content[position..<position + count])
    }

    mutating func text() -> String {
        guard let text = String(validating: bytes(), as: UTF8.self) else {
            failed = true
            return ""
        }
        return text
    }
}
