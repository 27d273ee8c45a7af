#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Rows whose names share a digest, each in its own bytes.
package struct Bucket: StoredRow {
    package var rows: [[UInt8]]

    package init(rows: [[UInt8]]) { self.rows = rows }
    package init(_ proto: ProtoBucketRow) throws(CodecError) { rows = proto.rows.map { [UInt8]($0) } }

    package var proto: ProtoBucketRow {
        var row = ProtoBucketRow()
        row.rows = rows.map { .init($0) }
        return row
    }
}

/// One number.
package struct Counter: StoredRow {
    package var value: Int64

    package init(value: Int64) { self.value = value }
    package init(_ proto: ProtoCounterRow) throws(CodecError) { value = proto.value }

    package var proto: ProtoCounterRow {
        var row = ProtoCounterRow()
        row.value = value
        return row
    }
}

/// Says which idempotency record a log index made.
package struct IdempotencyOrder: StoredRow {
    package var principal: String
    package var key: [UInt8]

    package init(principal: String, key: [UInt8]) {
        self.principal = principal
        self.key = key
    }

    package init(_ proto: ProtoIdempotencyOrderRow) throws(CodecError) {
        self.init(principal: proto.principal, key: [UInt8](proto.key))
    }

    package var proto: ProtoIdempotencyOrderRow {
        var row = ProtoIdempotencyOrderRow()
        row.principal = principal
        row.key = .init(key)
        return row
    }
}
