package import Audit
import KeyCrypto
package import KeyModel

/// What one event loop needs to serve crypto without locks: cipher contexts, and the audit records of its current tick.
///
/// Confined to its event loop. A door makes one per loop, collects the calls of a tick, and hands their records over at
/// once.
package final class CryptoLane {
    let cipher: MessageCipher

    init(cipher: MessageCipher) { self.cipher = cipher }
}

/// A result that may leave only when its record is durable.
package struct AuditedResult<Value> {
    package var result: Result<Value, KMSError>
    package var record: AuditRecord
    /// Set where something was not found that another holder may have made a moment ago: the call is to be repeated
    /// after this placement was confirmed, and this result forgotten.
    package var doubt: PlacementName?

    package init(_ result: Result<Value, KMSError>, record: AuditRecord, doubt: PlacementName? = nil) {
        self.result = result
        self.record = record
        self.doubt = doubt
    }
}

/// What is to be encrypted, and bound to what.
package struct EncryptRequest: Sendable {
    package var key: String
    /// Zero for the version in use.
    package var version: UInt32
    package var plaintext: [UInt8]
    package var context: [(key: String, value: String)]

    package init(key: String, version: UInt32 = 0, plaintext: [UInt8], context: [(key: String, value: String)]) {
        self.key = key
        self.version = version
        self.plaintext = plaintext
        self.context = context
    }
}

/// A ciphertext and the version that made it.
package struct EncryptReply: Sendable {
    package var ciphertext: [UInt8]
    package var version: UInt32
    package var keyID: [UInt8]
}

/// A ciphertext and what it was bound to.
package struct DecryptRequest: Sendable {
    package var ciphertext: [UInt8]
    package var context: [(key: String, value: String)]

    package init(ciphertext: [UInt8], context: [(key: String, value: String)]) {
        self.ciphertext = ciphertext
        self.context = context
    }
}

/// A plaintext and the key that had protected it.
package struct DecryptReply: Sendable {
    package var plaintext: [UInt8]
    package var key: String
    package var version: UInt32
}

/// The audit records of one tick of an event loop.
package struct AuditBatch: Sendable {
    var records: [AuditRecord] = []
    private var doubts: [PlacementName] = []

    package init() {}

    package var isEmpty: Bool { records.isEmpty }
    package var count: Int { records.count }

    /// Takes the record of a result and hands the result back: it may leave when the batch is durable.
    package mutating func take<Value>(_ audited: AuditedResult<Value>) -> Result<Value, KMSError> {
        records.append(audited.record)
        if let doubt = audited.doubt, !doubts.contains(doubt) { doubts.append(doubt) }
        return audited.result
    }

    /// The placements that a call must have confirmed before it is repeated; none for most calls. What the call has put
    /// behind the first `count` records is taken out then: it is not answered from.
    package mutating func withdraw(to count: Int) -> [PlacementName] {
        guard !doubts.isEmpty else { return [] }
        defer { doubts = [] }
        records.removeLast(records.count - count)
        return doubts
    }
}

extension KeyService {
    /// Makes the batch durable. The completion comes once, from any thread, with an error if nothing in the batch may
    /// be answered.
    package func commit(_ batch: AuditBatch, completion: @escaping @Sendable (KMSError?) -> Void) {
        audit.append(batch: batch.records) { result in
            switch result {
            case .success: completion(nil)
            case .failure(let error):
                completion(
                    KMSError(
                        .auditUnavailable, "the audit log cannot be written; nothing is answered without it",
                        cause: error))
            }
        }
    }
}
