import FoundationEssentials
import GRDB

/// A record at its place.
package struct AuditEntry: Hashable, Sendable {
    package var sequence: Int64
    package var record: AuditRecord
    /// The chain's value after the record.
    package var hash: [UInt8]
}

/// Reads a log beside its writer, or when there is none.
package enum AuditReader {
    /// The last entries in the order of their sequence, at most `limit` of them.
    package static func tail(directory: String, limit: Int) throws(AuditError) -> [AuditEntry] {
        var entries: [AuditEntry] = []
        for file in try AuditDirectory(path: directory).files().reversed() where entries.count < limit {
            let wanted = limit - entries.count
            let found = try read(file.path) { db in
                let sql = "SELECT seq, record, hash FROM record ORDER BY seq DESC LIMIT ?"
                return try Row.fetchAll(db, sql: sql, arguments: [wanted]).map { try entry($0, in: file.path) }
            }
            entries.insert(contentsOf: found.reversed(), at: 0)
        }
        return entries
    }

    /// Entries after a sequence, in order, at most `limit` of them: what an exporter asks for with its cursor.
    package static func entries(directory: String, after sequence: Int64, limit: Int) throws(AuditError) -> [AuditEntry]
    {
        var entries: [AuditEntry] = []
        let files = try AuditDirectory(path: directory).files()
        for (index, file) in files.enumerated() where entries.count < limit {
            if index + 1 < files.count, files[index + 1].first <= sequence &+ 1 { continue }
            let wanted = limit - entries.count
            entries += try read(file.path) { db in
                let sql = "SELECT seq, record, hash FROM record WHERE seq > ? ORDER BY seq LIMIT ?"
                return try Row.fetchAll(db, sql: sql, arguments: [sequence, wanted]).map {
                    try entry($0, in: file.path)
                }
            }
        }
        return entries
    }

    /// The header of a file; nil for one that was made and never got its tables.
    static func header(of path: String) throws(AuditError) -> AuditFileHeader? {
        if AuditDirectory.size(of: path) == 0 && AuditDirectory.size(of: path + "-wal") == 0 { return nil }
        return try read(path) { try AuditFile.readHeader($0) }
    }

    /// Runs a reading block on one snapshot of a file.
    static func read<T>(_ path: String, _ body: (Database) throws -> T) throws(AuditError) -> T {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            return try DatabaseQueue(path: path, configuration: configuration).read(body)
        } catch let error as AuditError {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            throw .noSpace
        } catch {
            throw .cannotOpen(path: path, reason: "\(error)")
        }
    }

    private static func entry(_ row: Row, in path: String) throws(AuditError) -> AuditEntry {
        guard let row = AuditRow(row), let decoded = AuditRecordCodec.decode(row.record) else {
            throw .damaged(path: path, reason: "a row is not a record; verify the log")
        }
        return AuditEntry(sequence: row.sequence, record: decoded.record, hash: row.hash)
    }
}
