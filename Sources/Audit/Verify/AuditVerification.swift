/// The first thing that is wrong with a log.
package struct AuditFault: Hashable, Sendable {
    /// What is wrong there.
    package enum Reason: Hashable, Sendable, CustomStringConvertible {
        /// There is no record with this sequence although later ones exist.
        case missing
        /// The stored hash does not follow from the one before and the record's bytes.
        case hashMismatch
        /// The hash is right but the bytes are not a record.
        case undecodable
        /// The record says another sequence than the row.
        case misplaced
        /// The file does not continue the one before, or belongs to another log.
        case brokenLink
        /// The file cannot be read; SQLite's words.
        case unreadable(String)
        /// A head that was kept elsewhere is not in this log: records were cut off or rewritten.
        case rewound

        package var description: String {
            switch self {
            case .missing: "the record is missing"
            case .hashMismatch: "the hash does not fit"
            case .undecodable: "the bytes are not a record"
            case .misplaced: "the record belongs to another place"
            case .brokenLink: "the file does not continue the log"
            case .unreadable(let reason): "unreadable: \(reason)"
            case .rewound: "history was rewound: the head that was kept elsewhere is not here"
            }
        }
    }

    /// The first bad record.
    package var sequence: Int64
    package var file: String
    package var reason: Reason
}

/// What a verification found.
package struct AuditVerification: Hashable, Sendable {
    /// Files that were read.
    package var files = 0
    /// Records that are proven to be in their places.
    package var records: Int64 = 0
    /// The first record that is still there; older files may have been taken to an archive. Nil in an empty log.
    package var first: Int64?
    /// The chain's value after the last good record.
    package var head: AuditHead?
    /// Nil where all is well.
    package var fault: AuditFault?

    package var isIntact: Bool { fault == nil }
}
