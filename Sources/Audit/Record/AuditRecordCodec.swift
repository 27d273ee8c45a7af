/// The one encoding of a record: the bytes that are stored and that the chain covers.
///
/// Format 1, all numbers big-endian: `u8` format, `u64` sequence, then the fields in the order below. Text and bytes
/// carry a `u16` length; an optional field is a `u8` 0 or 1 before its value. Nothing may follow the last field.
package enum AuditRecordCodec {
    /// Longer texts are cut here, at a character's edge.
    package static let textLimit = 1024
    /// More rules than this are cut.
    package static let ruleLimit = 64
    static let format: UInt8 = 1

    /// The canonical bytes of a record at its place in the log.
    package static func encode(_ record: AuditRecord, sequence: Int64) -> [UInt8] {
        var out = AuditByteWriter(capacity: 384)
        out.write(format)
        out.write(UInt64(bitPattern: sequence))
        out.write(UInt64(bitPattern: record.time))
        out.write(record.requestID)
        out.write(record.principal)
        out.write(record.authentication)
        out.write(record.source)
        out.write(record.door)
        out.write(record.action)
        out.write(record.placement)
        out.write(record.tenant)
        out.write(record.keyName)
        out.write(record.keyID)
        out.write(UInt64(record.keyVersion))
        out.write(record.decision.rawValue)
        let rules = record.rules.prefix(ruleLimit)
        out.write(UInt8(rules.count))
        for rule in rules { out.write(rule) }
        out.write(record.outcome.rawValue)
        out.write(record.contextDigest)
        out.write(record.bytesIn)
        out.write(record.bytesOut)
        out.write(record.latencyNanoseconds)
        out.write(record.freshnessMilliseconds == nil ? 0 as UInt8 : 1)
        if let freshness = record.freshnessMilliseconds { out.write(freshness) }
        out.write(record.node)
        out.write(record.region)
        out.write(record.change == nil ? 0 as UInt8 : 1)
        if let change = record.change {
            out.write(change.group)
            out.write(change.term)
            out.write(change.index)
        }
        out.write(record.effect)
        return out.bytes
    }

    /// The record and sequence in canonical bytes. Nil where they are not what `encode` makes.
    package static func decode(_ bytes: [UInt8]) -> (sequence: Int64, record: AuditRecord)? {
        var input = AuditByteReader(bytes)
        guard input.byte() == format, let sequence = input.number(), let time = input.number() else { return nil }
        guard let record = record(from: &input, time: Int64(bitPattern: time)), input.isAtEnd else { return nil }
        return (Int64(bitPattern: sequence), record)
    }

    private static func record(from input: inout AuditByteReader, time: Int64) -> AuditRecord? {
        var record = AuditRecord(
            time: time, action: "", decision: .undecided, outcome: .done, node: "", region: "")
        record.requestID = input.text()
        record.principal = input.text()
        record.authentication = input.text()
        record.source = input.text()
        record.door = input.text()
        record.action = input.text()
        record.placement = input.text()
        record.tenant = input.text()
        record.keyName = input.text()
        record.keyID = input.bytes()
        guard let version = input.number().flatMap({ UInt32(exactly: $0) }) else { return nil }
        guard let decision = input.byte().flatMap({ AuditDecision(rawValue: $0) }) else { return nil }
        guard let rules = input.byte(), rules <= ruleLimit else { return nil }
        record.keyVersion = version
        record.decision = decision
        for _ in 0..<rules { record.rules.append(input.text()) }
        record.outcome = AuditOutcome(rawValue: input.text())
        record.contextDigest = input.bytes()
        guard let bytesIn = input.number(), let bytesOut = input.number(), let latency = input.number() else {
            return nil
        }
        record.bytesIn = bytesIn
        record.bytesOut = bytesOut
        record.latencyNanoseconds = latency
        guard let hasFreshness = input.flag() else { return nil }
        if hasFreshness { record.freshnessMilliseconds = input.number() }
        record.node = input.text()
        record.region = input.text()
        guard let hasChange = input.flag() else { return nil }
        if hasChange {
            guard let group = input.number(), let term = input.number(), let index = input.number() else { return nil }
            record.change = AuditedChange(group: group, term: term, index: index)
        }
        record.effect = input.text()
        return input.failed ? nil : record
    }
}
