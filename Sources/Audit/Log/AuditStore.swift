/// The files of a log as its writer holds them: the newest one open, and the head of the chain.
final class AuditStore {
    private let configuration: AuditConfiguration
    private let directory: AuditDirectory
    private let lock: AuditLock
    private let note: AuditNote
    private var file: AuditFile
    private(set) var head: AuditHead
    /// Bytes written to the WAL since it was last moved into the file, estimated from the pages a commit touches.
    private var walBytes = 0
    /// The WAL is moved into the file when it has about this size.
    private static let checkpointBytes = 8 << 20

    init(_ configuration: AuditConfiguration) throws {
        self.configuration = configuration
        self.directory = AuditDirectory(path: configuration.directory)
        try directory.create()
        self.lock = try AuditLock(directory: configuration.directory)
        self.note = AuditNote(directory: configuration.directory)
        (self.file, self.head) = try Self.openNewest(directory, configuration)
        try directory.sync()
        try checkNote()
    }

    /// What was noted as durable must be there. A record of an older file was checked when that file was closed.
    private func checkNote() throws {
        guard let noted = note.read() else { return }
        let isHere = noted.sequence >= file.header.first - 1
        guard noted.sequence <= head.sequence, try !isHere || file.hash(at: noted.sequence) == noted.hash else {
            throw AuditError.damaged(path: file.path, reason: "record \(noted.sequence) was durable and is gone")
        }
    }

    /// The rows for records that follow the head.
    func rows(for batches: some Sequence<[AuditRecord]>) -> [AuditRow] {
        var rows: [AuditRow] = []
        var head = head
        for batch in batches {
            for record in batch {
                let bytes = AuditRecordCodec.encode(record, sequence: head.sequence + 1)
                head = AuditHead(sequence: head.sequence + 1, hash: AuditChain.hash(after: head.hash, bytes))
                rows.append(AuditRow(sequence: head.sequence, record: bytes, hash: head.hash))
            }
        }
        return rows
    }

    /// Makes rows that follow the head durable and moves the head.
    func append(_ rows: [AuditRow]) throws {
        guard let last = rows.last else { return }
        try file.append(rows, hook: configuration.commitHook)
        head = AuditHead(sequence: last.sequence, hash: last.hash)
        note.write(head)
        walBytes += 3 * 4096 + rows.reduce(0) { $0 + $1.record.count + 64 }
    }

    /// Makes a synced transaction without a record.
    func touch() throws {
        try file.touch(hook: configuration.commitHook)
        walBytes += 2 * 4096
    }

    /// Moves the WAL into the file when it is long, and goes on in a new file when this one is.
    func maintain() throws {
        guard walBytes >= Self.checkpointBytes || UInt64(walBytes) >= configuration.fileLimit else { return }
        try file.checkpoint()
        walBytes = 0
        if AuditDirectory.size(of: file.path) >= configuration.fileLimit { try rotate() }
    }

    /// Looks at the disk again after a failure. Rows whose commit was in doubt may be there; none that succeeded may be
    /// gone.
    func reopen() throws {
        file.abandon()
        let (file, found) = try Self.openNewest(directory, configuration)
        self.file = file
        walBytes = Self.checkpointBytes
        guard found.sequence >= head.sequence, try file.hash(at: head.sequence) == head.hash else {
            throw AuditError.damaged(path: file.path, reason: "record \(head.sequence) was durable and is gone")
        }
        head = found
    }

    /// Leaves files that stand alone. Failures are harmless here: everything is in the WAL.
    func close() {
        do { try file.finish() } catch { file.abandon() }
        if head.sequence > 0 { note.write(head, synced: true) }
    }

    private func rotate() throws {
        let header = AuditFileHeader(
            log: file.header.log, node: configuration.node, first: head.sequence + 1, previous: head.hash)
        let next = try Self.make(header, in: directory)
        let old = file
        file = next
        try old.finish()
    }

    private static func make(_ header: AuditFileHeader, in directory: AuditDirectory) throws -> AuditFile {
        let path = directory.path(first: header.first)
        do {
            try directory.prepare(path)
            let file = try AuditFile(path: path, fresh: header)
            try directory.sync()
            return file
        } catch {
            directory.remove(path)
            throw error
        }
    }

    /// Opens the newest file and checks the end of its chain. A file that never got its header is made again.
    private static func openNewest(
        _ directory: AuditDirectory, _ configuration: AuditConfiguration
    ) throws -> (AuditFile, AuditHead) {
        var files = try directory.files()
        if let newest = files.last, try AuditReader.header(of: newest.path) == nil {
            directory.remove(newest.path)
            files.removeLast()
        }
        guard let newest = files.last else {
            var generator = SystemRandomNumberGenerator()
            let log = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let header = AuditFileHeader(
                log: log, node: configuration.node, first: 1, previous: AuditChain.origin(ofLog: log))
            return (try make(header, in: directory), AuditHead(sequence: 0, hash: header.previous))
        }
        let file = try AuditFile(path: newest.path, fresh: nil)
        guard file.header.first == newest.first else {
            throw AuditError.damaged(
                path: newest.path, reason: "its header names record \(file.header.first) as the first")
        }
        return (file, try file.verifyTail(rows: configuration.verifiedTail))
    }
}
