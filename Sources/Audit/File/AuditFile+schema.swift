import FoundationEssentials
import GRDB

extension AuditFile {
    /// The header of a file; nil for one that was made and never got its tables.
    static func readHeader(_ db: Database) throws -> AuditFileHeader? {
        guard try db.tableExists("chain") else { return nil }
        let sql = "SELECT format, log, node, first, previous FROM chain WHERE id = 1"
        guard let row = try Row.fetchOne(db, sql: sql) else { return nil }
        guard Int64.fromDatabaseValue(row[0]) == AuditFileHeader.format,
            let log = Data.fromDatabaseValue(row[1]), let node = String.fromDatabaseValue(row[2]),
            let first = Int64.fromDatabaseValue(row[3]), let previous = Data.fromDatabaseValue(row[4])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the header is not of format 1") }
        return AuditFileHeader(log: Array(log), node: node, first: first, previous: Array(previous))
    }

    /// Makes the tables and the header in one synced transaction.
    static func create(_ header: AuditFileHeader, in db: Database) throws {
        try db.inTransaction(.immediate) {
            try db.execute(
                sql: """
                    CREATE TABLE chain (
                        id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL, log BLOB NOT NULL,
                        node TEXT NOT NULL, first INTEGER NOT NULL, previous BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE record (seq INTEGER PRIMARY KEY, record BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
                    """)
            try db.execute(
                sql: "INSERT INTO chain (id, format, log, node, first, previous) VALUES (1, ?, ?, ?, ?, ?)",
                arguments: [
                    AuditFileHeader.format, Data(header.log), header.node, header.first, Data(header.previous),
                ])
            return .commit
        }
    }
}
