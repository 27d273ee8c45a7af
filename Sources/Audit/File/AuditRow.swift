import FoundationEssentials
import GRDB

/// One row of a file: the sequence, the record's canonical bytes, and the chain's value after it.
struct AuditRow {
    var sequence: Int64
    var record: [UInt8]
    var hash: [UInt8]

    init(sequence: Int64, record: [UInt8], hash: [UInt8]) {
        self.sequence = sequence
        self.record = record
        self.hash = hash
    }

    /// Nil where the columns hold something else: anybody may have written to the file.
    init?(_ row: Row) {
        guard let sequence = Int64.fromDatabaseValue(row[0]), let record = Data.fromDatabaseValue(row[1]),
            let hash = Data.fromDatabaseValue(row[2])
        else { return nil }
        self.init(sequence: sequence, record: Array(record), hash: Array(hash))
    }

    /// All rows from a sequence on, in order.
    static func cursor(_ db: Database, from sequence: Int64) throws -> RowCursor {
        try Row.fetchCursor(
            db, sql: "SELECT seq, record, hash FROM record WHERE seq >= ? ORDER BY seq", arguments: [sequence])
    }

    /// What is wrong with the row at its place in the chain; nil where nothing is.
    func fault(expecting expected: Int64, after previous: [UInt8]) -> AuditFault.Reason? {
        guard sequence == expected else { return .missing }
        guard hash == AuditChain.hash(after: previous, record) else { return .hashMismatch }
        guard let decoded = AuditRecordCodec.decode(record) else { return .undecodable }
        return decoded.sequence == sequence ? nil : .misplaced
    }
}
