#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Rows whose names share a digest, each in its own bytes.
package struct Bucket: StoredRow, Hashable {
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
