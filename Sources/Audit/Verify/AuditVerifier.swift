import FoundationEssentials
import GRDB

/// Proves a log from its files alone.
///
/// A chain shows every change to what lies before a head that somebody kept elsewhere. Without such an anchor it cannot
/// show that the newest records were cut off, or that all hashes from some record on were computed anew.
package enum AuditVerifier {
    /// Reads all files in order and stops at the first fault.
    /// - Parameters:
    ///   - directory: the log's directory. Its writer may be running.
    ///   - anchor: a head that was kept outside of this machine; it must be in the log. Without one the node's own note
    ///     takes its place, which shows what a bad disk lost and not what a bad administrator took away.
    /// - Throws: `AuditError.cannotOpen` where the directory cannot be listed. Bad files are faults, not errors.
    package static func verify(directory: String, anchor: AuditHead? = nil) throws(AuditError) -> AuditVerification {
        // The node's own note is read before the files, which may be growing.
        var walk = Walk(anchor: anchor ?? AuditNote(directory: directory).read())
        for file in try AuditDirectory(path: directory).files() {
            walk.result.files += 1
            do throws(AuditError) {
                try AuditReader.read(file.path) { db in try walk.visit(file, db) }
            } catch {
                walk.fail(.unreadable(error.description), in: file.path)
            }
            guard walk.result.fault == nil else { return walk.result }
        }
        walk.checkAnchor(in: directory)
        return walk.result
    }

    /// The state of one verification.
    private struct Walk {
        let anchor: AuditHead?
        var result = AuditVerification()
        private var log: [UInt8]?
        private var anchorSeen = false

        init(anchor: AuditHead?) { self.anchor = anchor }

        /// The sequence that comes next, 1 before anything is known.
        private var expected: Int64 { (result.head?.sequence ?? 0) + 1 }

        mutating func fail(_ reason: AuditFault.Reason, at sequence: Int64? = nil, in file: String) {
            guard result.fault == nil else { return }
            result.fault = AuditFault(sequence: sequence ?? expected, file: file, reason: reason)
        }

        mutating func visit(_ file: AuditDirectory.File, _ db: Database) throws {
            guard let header = try AuditFile.readHeader(db) else {
                return fail(.brokenLink, at: file.first, in: file.path)
            }
            guard continues(header, file) else {
                return fail(.brokenLink, at: min(expected, file.first), in: file.path)
            }
            log = header.log
            if result.head == nil { pass(AuditHead(sequence: header.first - 1, hash: header.previous)) }
            let cursor = try AuditRow.cursor(db, from: .min)
            while let found = try cursor.next() {
                guard let row = AuditRow(found), let previous = result.head?.hash else {
                    return fail(.undecodable, in: file.path)
                }
                if let reason = row.fault(expecting: expected, after: previous) {
                    return fail(reason, at: min(expected, row.sequence), in: file.path)
                }
                if result.first == nil { result.first = row.sequence }
                result.records += 1
                pass(AuditHead(sequence: row.sequence, hash: row.hash))
            }
        }

        /// Whether the file belongs to the same log and begins where the one before ended.
        private func continues(_ header: AuditFileHeader, _ file: AuditDirectory.File) -> Bool {
            guard header.first == file.first else { return false }
            if header.first == 1, header.previous != AuditChain.origin(ofLog: header.log) { return false }
            guard let head = result.head else { return true }
            return header.log == log && header.first == head.sequence + 1 && header.previous == head.hash
        }

        private mutating func pass(_ head: AuditHead) {
            result.head = head
            if head.sequence == anchor?.sequence { anchorSeen = head == anchor }
        }

        /// After the last file: the anchor must have been passed. One older than the first file proves nothing here.
        mutating func checkAnchor(in directory: String) {
            guard let anchor, !anchorSeen else { return }
            if let first = result.first, anchor.sequence < first - 1 { return }
            fail(.rewound, at: min(anchor.sequence, expected), in: directory)
        }
    }
}
