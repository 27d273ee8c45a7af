/// Where rows stand. The first byte is the kind; what follows is a number or a digest, never a name: RocksDB copies
/// keys into its own files, which outlive the rows.
enum RowKey {
    enum Kind: UInt8 {
        case clock = 0x01, featureLevel, placement, epochLedger
        case holder = 0x10, epoch, tenants, key, keyNames, policies, idempotency
        case cluster = 0x40, node, regions, placements, group
    }

    static func single(_ kind: Kind) -> [UInt8] { [kind.rawValue] }

    /// Big-endian, so that the order of keys is the order of numbers.
    static func number(_ kind: Kind, _ number: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        var key = [kind.rawValue]
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
            key.append(UInt8(truncatingIfNeeded: number >> shift))
        }
        return key
    }

    static func digest(_ kind: Kind, _ name: some Sequence<UInt8>) -> [UInt8] {
        [kind.rawValue] + bigEndian(fnv(name))
    }

    static func id(_ kind: Kind, _ bytes: [UInt8]) -> [UInt8] { [kind.rawValue] + bytes }

    /// FNV-1a, 128 bit (IETF draft-eastlake-fnv). Spreads names over buckets; rows in a bucket are told apart by name,
    /// so a collision, even a wanted one, costs time and nothing else.
    private static func fnv(_ bytes: some Sequence<UInt8>) -> UInt128 {
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for byte in bytes {
            hash ^= UInt128(byte)
            hash &*= 0x0000_0000_0100_0000_0000_0000_0000_013b
        }
        return hash
    }

    private static func bigEndian(_ value: UInt128) -> [UInt8] {
        stride(from: 120, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt128($0)) }
    }
}
