import Crypto

/// A place in the log and the hash of everything up to it. Whoever keeps one of these can prove a later rewrite.
package struct AuditHead: Hashable, Sendable {
    /// The last record's number, from 1; zero before the first record.
    package var sequence: Int64
    /// 32 bytes.
    package var hash: [UInt8]

    /// - Parameters:
    ///   - sequence: the last record's number.
    ///   - hash: the chain's value there.
    package init(sequence: Int64, hash: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
    }
}

/// The hash chain: each value is SHA-256 over the value before and the record's canonical bytes.
package enum AuditChain {
    /// The value before the first record: bound to the log, so that records of another log cannot be spliced in.
    package static func origin(ofLog identity: [UInt8]) -> [UInt8] {
        hash(after: Array("claviger audit 1\n".utf8), identity)
    }

    /// The value after a record.
    package static func hash(after previous: [UInt8], _ record: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        previous.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        record.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return hasher.finalize().withUnsafeBytes { Array($0) }
    }
}
