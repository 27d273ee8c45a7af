import Raft

/// Where the records of a WAL or a MANIFEST stand.
///
/// RocksDB writes both as blocks of 32 KiB. A record never crosses a block: it is a header — CRC-32C u32, length u16,
/// type u8, and in files that are written over again the file's number u32, all least significant byte first — and that
/// many bytes.
struct RocksLogLayout {
    /// One record with its header.
    struct Record: Hashable {
        var start: Int
        var end: Int

        /// The two bytes of its length.
        var lengthField: Range<Int> { start + 4..<start + 6 }
    }

    static let blockSize = 32 << 10
    private static let headerSize = 7
    /// Types of files that are written over again.
    private static let recyclable: [UInt8] = [5, 6, 7, 8, 11]
    private(set) var records: [Record] = []

    init(_ bytes: [UInt8]) {
        for block in stride(from: 0, to: bytes.count, by: Self.blockSize) {
            let limit = min(bytes.count, block + Self.blockSize)
            var place = block
            while place + Self.headerSize <= limit {
                let type = bytes[place + 6]
                let header = Self.headerSize + (Self.recyclable.contains(type) ? 4 : 0)
                let end = place + header + Int(bytes[place + 4]) + Int(bytes[place + 5]) << 8
                // The rest of a block that had no room for a header, or of a file that was made larger in advance.
                guard type > 0, end <= limit else { break }
                records.append(Record(start: place, end: end))
                place = end
            }
        }
    }

    /// The records of the last block that has any.
    var lastBlock: ArraySlice<Record> {
        guard let last = records.last else { return [] }
        let first = records.firstIndex { $0.start / Self.blockSize == last.start / Self.blockSize }
        return records[(first ?? 0)...]
    }
}

extension Randomness {
    /// Flips 1 to 3 bits of a record's length, mostly in the last block: there a length that points behind the end
    /// looks like a write that was never finished. False when there is no record.
    mutating func flipLength(of bytes: inout [UInt8]) -> Bool {
        let layout = RocksLogLayout(bytes)
        let chosen =
            switch draw(below: 4) {
            case 0: pick(layout.records)
            case 1: layout.records.last
            default: pick(Array(layout.lastBlock))
            }
        guard let field = chosen?.lengthField else { return false }
        var bits: Set<Int> = []
        for _ in 0...draw(below: 3) { bits.insert(draw(below: 16)) }
        for bit in bits { bytes[field.lowerBound + bit / 8] ^= 1 << UInt8(bit % 8) }
        return true
    }
}
