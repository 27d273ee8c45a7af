import FoundationEssentials
import GRDB

/// One SQLite file of a log. Used by one thread.
final class AuditFile {
    let path: String
    let header: AuditFileHeader
    private let queue: DatabaseQueue

    /// Opens the file for writing, or makes it with `fresh` where it has no header yet.
    ///
    /// Writes are in WAL mode with `synchronous=FULL`: in NORMAL a committed transaction may vanish on power loss. The
    /// log moves the WAL into the file itself, because SQLite ignores the failures of its automatic checkpoints.
    init(path: String, fresh: AuditFileHeader?) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            for sql in [
                "PRAGMA cell_size_check = ON", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
                "PRAGMA wal_autocheckpoint = 0", "PRAGMA trusted_schema = OFF",
            ] {
                try db.execute(sql: sql)
            }
        }
        self.path = path
        self.queue = try DatabaseQueue(path: path, configuration: configuration)
        self.header = try queue.writeWithoutTransaction { db in
            if let header = try AuditFile.readHeader(db) { return header }
            guard let fresh else { throw AuditError.damaged(path: path, reason: "it has no header") }
            try AuditFile.create(fresh, in: db)
            return fresh
        }
    }

    /// Appends rows in one transaction. When it returns they are durable; when it throws none of them counts.
    func append(_ rows: [AuditRow], hook: (@Sendable () throws -> Void)?) throws {
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                let statement = try db.cachedStatement(sql: "INSERT INTO record (seq, record, hash) VALUES (?, ?, ?)")
                for row in rows {
                    statement.setUncheckedArguments([row.sequence, Data(row.record), Data(row.hash)])
                    try statement.execute()
                }
                try hook?()
                return .commit
            }
        }
    }

    /// Makes a transaction as durable as that of a record, which leaves no trace but the file's user version.
    func touch(hook: (@Sendable () throws -> Void)?) throws {
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                // Not an update of a row with what it holds already: SQLite writes and syncs nothing for that.
                try db.execute(sql: "PRAGMA user_version = 1")
                try hook?()
                return .commit
            }
        }
    }

    /// Moves what the WAL holds into the file, as far as readers allow.
    func checkpoint() throws {
        try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.passive) }
    }

    /// Ends writing: the file stands alone afterwards, where no reader is in the way.
    func finish() throws {
        try queue.writeWithoutTransaction { db in
            do {
                _ = try db.checkpoint(.truncate)
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
            } catch let error as DatabaseError
                where error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
            {
                // A reader is in the file: the WAL stays beside it and is read with it.
            }
        }
        try queue.close()
    }

    /// Closes without a checkpoint, after a failure.
    func abandon() { try? queue.close() }

    /// Runs SQLite's own check and then checks the end of the chain. Returns the head.
    func verifyTail(rows limit: Int) throws -> AuditHead {
        let (path, header) = (path, header)
        return try queue.writeWithoutTransaction { db in
            let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
            guard verdict == "ok" else {
                throw AuditError.damaged(path: path, reason: verdict ?? "quick_check is silent")
            }
            let last = try Int64.fetchOne(db, sql: "SELECT max(seq) FROM record") ?? header.first - 1
            var expected = max(header.first, last - Int64(limit) + 1)
            var hash = header.previous
            if expected > header.first {
                let sql = "SELECT hash FROM record WHERE seq = ?"
                guard let before = try Data.fetchOne(db, sql: sql, arguments: [expected - 1]) else {
                    throw AuditError.damaged(path: path, reason: "record \(expected - 1) is missing")
                }
                hash = Array(before)
            }
            let cursor = try AuditRow.cursor(db, from: expected)
            while let row = try cursor.next() {
                guard let row = AuditRow(row) else {
                    throw AuditError.damaged(path: path, reason: "record \(expected) is not readable")
                }
                if let fault = row.fault(expecting: expected, after: hash) {
                    throw AuditError.damaged(path: path, reason: "record \(expected): \(fault)")
                }
                hash = row.hash
                expected += 1
            }
            guard expected == last + 1 else {
                throw AuditError.damaged(path: path, reason: "record \(expected) is missing")
            }
            return AuditHead(sequence: last, hash: hash)
        }
    }

    /// The chain's value after a record of this file; nil where it is not here.
    func hash(at sequence: Int64) throws -> [UInt8]? {
        if sequence == header.first - 1 { return header.previous }
        return try queue.writeWithoutTransaction { db in
            try Data.fetchOne(db, sql: "SELECT hash FROM record WHERE seq = ?", arguments: [sequence]).map { Array($0) }
        }
    }
}
