/// Protobuf by hand (the wire format of protobuf.dev/programming-guides/encoding), so that it can be wrong.
package enum ProtobufBytes {
    /// A number in groups of seven bits.
    package static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func tag(_ field: UInt64, _ type: UInt64) -> [UInt8] { varint(field << 3 | type) }

    static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] { tag(field, 0) + varint(value) }

    static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] {
        tag(field, 2) + varint(UInt64(value.count)) + value
    }

    static func text(_ field: UInt64, _ value: String) -> [UInt8] { bytes(field, Array(value.utf8)) }

    /// A message that no schema describes: wrong types under known field numbers, unknown fields, groups, overlong
    /// varints, lengths beyond the end, deep nesting, invalid UTF-8.
    package static func wrong(_ chance: inout Chance) -> [UInt8] {
        var message: [UInt8] = []
        for _ in 0..<chance.number(1...6) {
            let field = chance.number(0...9) == 0 ? chance.integer() >> 3 : UInt64(chance.number(0...12))
            switch chance.number(0...9) {
            case 0: message += number(field, chance.integer())
            case 1: message += tag(field, 1) + chance.bytes(0...8)
            case 2: message += tag(field, 5) + chance.bytes(0...4)
            case 3: message += tag(field, UInt64(chance.number(3...7))) + chance.bytes(0...4)
            case 4: message += tag(field, 2) + varint(chance.integer()) + chance.bytes(0...16)
            case 5: message += tag(field, 0) + [UInt8](repeating: 0xFF, count: chance.number(9...12))
            case 6: message += nested(field, depth: chance.number(2...200))
            case 7: message += bytes(field, [0xC3, 0x28, 0xF0, 0x9F, 0x00])
            case 8: message += (0..<chance.number(10...300)).flatMap { _ in bytes(field, []) }
            default: message += bytes(field, chance.bytes(0...64))
            }
        }
        return message
    }

    private static func nested(_ field: UInt64, depth: Int) -> [UInt8] {
        var inner: [UInt8] = []
        for _ in 0..<depth { inner = bytes(field, inner) }
        return inner
    }
}
