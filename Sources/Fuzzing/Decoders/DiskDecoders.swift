import Audit
import KeyModel
import Raft
import Storage

/// What a node reads from its own disk, to which anybody may have written, and the rows of a snapshot.
enum DiskDecoders {
    static let all = [logRecord, durableMark, identity, hardState, membership, descriptor, snapshotRows, auditRecord]

    private struct Record: Equatable {
        var group: UInt64
        var entry: LogEntry
        var previous: [UInt8]
    }

    private static let keySize = LogRecord.keySize

    private static let logRecord = FuzzedDecoder(
        "log-record", from: "the disk",
        shape: .checked { bytes in
            guard bytes.count >= keySize + 4 else { return }
            Checksum.set(at: keySize, over: 0..<keySize, and: keySize + 4..<bytes.count, in: &bytes)
        }, isCanonical: true,
        seeds: {
            ConsensusSamples.entries.map { entry in
                var bytes: [UInt8] = []
                LogRecord.encode(entry, group: GroupID(3), previous: ConsensusSamples.hash, into: &bytes)
                return bytes
            }
        },
        decode: { bytes -> Record? in
            guard bytes.count >= keySize else { return nil }
            let decoded = bytes.withUnsafeBytes { raw in
                LogRecord.decode(
                    key: UnsafeRawBufferPointer(rebasing: raw[..<keySize]),
                    value: UnsafeRawBufferPointer(rebasing: raw[keySize...]))
            }
            let group = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return decoded.map { Record(group: group, entry: $0.entry, previous: $0.previous) }
        },
        encode: { record in
            var bytes: [UInt8] = []
            LogRecord.encode(record.entry, group: GroupID(record.group), previous: record.previous, into: &bytes)
            return bytes
        })

    private static let durableMark = FuzzedDecoder(
        "durable-mark", from: "the disk",
        shape: .checked { bytes in
            guard bytes.count >= 20 else { return }
            Checksum.put(UInt32(bytes.count - 20), at: 12, in: &bytes)
            Checksum.set(at: 16, over: 0..<0, and: 20..<bytes.count, in: &bytes)
        },
        seeds: {
            let group = DurableMark.Group(
                group: GroupID(3), last: LogIndex(44), hash: ConsensusSamples.hash, term: Term(7),
                vote: ConsensusSamples.two)
            return [[], [group], [group, group]].map {
                DurableMark(store: ConsensusSamples.hash, batch: 9, groups: $0).encoded
            }
        },
        examine: { input in
            guard let mark = DurableMark(slot: input) else { return .refused }
            // A slot is as long as its header says; what stands behind it in the file is no part of it.
            guard input.starts(with: mark.encoded), DurableMark(slot: mark.encoded) == mark else {
                throw FuzzFinding("another mark comes back: \(Hexadecimal.text(mark.encoded))")
            }
            return .accepted
        })

    private static let identity = FuzzedDecoder(
        "store-identity", from: "the disk", isCanonical: true,
        seeds: {
            [
                StoreIdentity(
                    cluster: ConsensusSamples.hash, node: 1, incarnation: 2, store: ConsensusSamples.hash
                ).encoded
            ]
        }, decode: { StoreIdentity(encoded: $0) }, encode: { $0.encoded })

    private static let hardState = FuzzedDecoder(
        "hard-state", from: "the disk", isCanonical: true,
        seeds: { [HardState(term: Term(7), vote: ConsensusSamples.one, commit: LogIndex(43)).encoded] },
        decode: { HardState(encoded: $0) }, encode: { $0.encoded })

    private static let membership = FuzzedDecoder(
        "membership", from: "the disk", isCanonical: true,
        seeds: { [ConsensusSamples.membership.encoded, Membership().encoded] }, decode: { Membership(encoded: $0) },
        encode: { $0.encoded })

    private static let descriptor = FuzzedDecoder(
        "snapshot-descriptor", from: "the disk", isCanonical: true, seeds: { [ConsensusSamples.descriptor.encoded] },
        decode: { SnapshotDescriptor(encoded: $0) }, encode: { $0.encoded })

    private static let snapshotRows = FuzzedDecoder(
        "snapshot-rows", from: "another node",
        seeds: { [stream(ConsensusSamples.rows), []] },
        examine: { input in
            guard let whole = try rows(of: input, cutAt: input.count) else { return .refused }
            // The stream comes cut into chunks without regard to rows: the cut must not matter.
            for cut in [1, 3, 8, 64] where try rows(of: input, cutAt: cut) != whole {
                throw FuzzFinding("other rows when it comes in pieces of \(cut)")
            }
            guard stream(whole) == input else { throw FuzzFinding("its rows make another stream") }
            return .accepted
        })

    private static func rows(of stream: [UInt8], cutAt size: Int) throws -> [TableRow]? {
        var parser = SnapshotRowParser()
        var rows: [TableRow] = []
        do {
            for start in Swift.stride(from: 0, to: stream.count, by: max(1, size)) {
                rows += try parser.feed(Array(stream[start..<min(stream.count, start + max(1, size))]))
            }
            try parser.finish(announced: UInt64(rows.count))
        } catch {
            return nil
        }
        return rows
    }

    private static func stream(_ rows: [TableRow]) -> [UInt8] {
        rows.flatMap { row in
            var bytes = [UInt8](repeating: 0, count: 8)
            Checksum.put(UInt32(row.key.count), at: 0, in: &bytes)
            Checksum.put(UInt32(row.value.count), at: 4, in: &bytes)
            return bytes + row.key + row.value
        }
    }

    private struct Audited: Equatable {
        var sequence: Int64
        var record: AuditRecord
    }

    private static let auditRecord = FuzzedDecoder(
        "audit-record", from: "the disk", isCanonical: true,
        seeds: {
            var full = AuditRecord(
                time: 1_700_000_000_000_000_000, action: "encrypt", decision: .allow, outcome: .done, node: "eu-west",
                region: "eu-west-1")
            full.requestID = "7-1z"
            full.principal = "spiffe://claviger.local/workload/orders"
            full.placement = "eu"
            full.tenant = "acme"
            full.keyName = "orders"
            full.keyID = ConsensusSamples.hash
            full.keyVersion = 3
            full.rules = ["orders", "operators"]
            full.freshnessMilliseconds = 12
            full.change = AuditedChange(group: 2, term: 7, index: 43)
            full.effect = "enabled -> disabled"
            let bare = AuditRecord(
                time: -1, action: "", decision: .undecided, outcome: .init(.unauthenticated), node: "", region: "")
            return [AuditRecordCodec.encode(full, sequence: 9), AuditRecordCodec.encode(bare, sequence: 1)]
        },
        decode: { AuditRecordCodec.decode($0).map { Audited(sequence: $0.sequence, record: $0.record) } },
        encode: { AuditRecordCodec.encode($0.record, sequence: $0.sequence) })
}
