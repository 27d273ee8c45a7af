/// The one row that says which log a file belongs to and where it continues.
struct AuditFileHeader: Hashable, Sendable {
    static let format: Int64 = 1

    /// 16 random bytes, the same in all files of a log.
    var log: [UInt8]
    var node: String
    /// The sequence of the file's first record.
    var first: Int64
    /// The chain's value before that record.
    var previous: [UInt8]
}
