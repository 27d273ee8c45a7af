import Crypto
import Glibc

/// The file `audit.head`: the head of the chain, noted beside the database after each commit and not synced itself.
///
/// SQLite takes a damaged frame of its write-ahead log for the end of it and drops what follows without a word. This
/// note shows that records were there. It is no proof against someone who changes files on purpose: for that a head
/// must be kept on another machine.
struct AuditNote {
    private static let hashSize = 32
    private static let sumSize = 8
    private let path: String

    init(directory: String) { path = directory + "/audit.head" }

    /// The head that was noted last; nil where there is none or it is not readable.
    func read() -> AuditHead? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { Glibc.close(file) }
        let size = 8 + Self.hashSize + Self.sumSize
        var bytes = [UInt8](repeating: 0, count: size)
        guard bytes.withUnsafeMutableBytes({ pread(file, $0.baseAddress, size, 0) }) == size else { return nil }
        let body = Array(bytes.dropLast(Self.sumSize))
        guard Self.sum(body) == Array(bytes.suffix(Self.sumSize)) else { return nil }
        let sequence = body.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let sequence = Int64(exactly: sequence) else { return nil }
        return AuditHead(sequence: sequence, hash: Array(body.dropFirst(8)))
    }

    /// Notes a head. Where that fails the note is only older than it could be.
    func write(_ head: AuditHead, synced: Bool = false) {
        let file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { Glibc.close(file) }
        var bytes = withUnsafeBytes(of: head.sequence.bigEndian) { Array($0) } + head.hash
        bytes += Self.sum(bytes)
        _ = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
        if synced { fdatasync(file) }
    }

    private static func sum(_ body: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: body).prefix(sumSize)) }
}
