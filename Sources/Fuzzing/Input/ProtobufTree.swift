import Adversary

/// A protobuf message as a tree of fields, so that a field deep inside can change and every length around it is still
/// true (protobuf.dev/programming-guides/encoding).
struct ProtobufTree {
    private enum Content {
        case number(UInt64)
        /// Wire types 1 and 5.
        case fixed([UInt8])
        case message(ProtobufTree)
        case bytes([UInt8])
    }

    private struct Field {
        var number: UInt64
        var content: Content
    }

    private var fields: [Field] = []
    private static let deepest = 12

    /// Nil when the bytes are no message.
    init?(_ bytes: [UInt8]) { self.init(bytes[...], depth: 0) }

    private init?(_ bytes: ArraySlice<UInt8>, depth: Int) {
        guard depth < Self.deepest else { return nil }
        var rest = bytes
        while !rest.isEmpty {
            guard let key = Self.varint(&rest), key >> 3 > 0 else { return nil }
            guard let content = Self.content(type: key & 7, &rest, depth) else { return nil }
            fields.append(Field(number: key >> 3, content: content))
        }
    }

    private static func content(type: UInt64, _ rest: inout ArraySlice<UInt8>, _ depth: Int) -> Content? {
        switch type {
        case 0: return varint(&rest).map { .number($0) }
        case 1, 5:
            let width = type == 1 ? 8 : 4
            guard rest.count >= width else { return nil }
            defer { rest.removeFirst(width) }
            return .fixed(Array(rest.prefix(width)))
        case 2:
            guard let length = varint(&rest), length <= UInt64(rest.count) else { return nil }
            let body = rest.prefix(Int(length))
            rest.removeFirst(Int(length))
            if !body.isEmpty, let inner = ProtobufTree(body, depth: depth + 1) { return .message(inner) }
            return .bytes(Array(body))
        default: return nil
        }
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    var bytes: [UInt8] {
        var result: [UInt8] = []
        for field in fields {
            switch field.content {
            case .number(let value): result += ProtobufBytes.varint(field.number << 3) + ProtobufBytes.varint(value)
            case .fixed(let value):
                result += ProtobufBytes.varint(field.number << 3 | (value.count == 8 ? 1 : 5)) + value
            case .message(let inner): result += Self.delimited(field.number, inner.bytes)
            case .bytes(let value): result += Self.delimited(field.number, value)
            }
        }
        return result
    }

    private static func delimited(_ number: UInt64, _ value: [UInt8]) -> [UInt8] {
        ProtobufBytes.varint(number << 3 | 2) + ProtobufBytes.varint(UInt64(value.count)) + value
    }

    /// Changes one field somewhere in the tree.
    mutating func vary(_ chance: inout Chance, with other: ProtobufTree?) {
        guard !fields.isEmpty else { return insert(&chance, other) }
        let place = chance.number(0...fields.count - 1)
        if case .message(var inner) = fields[place].content, chance.number(0...9) < 6 {
            inner.vary(&chance, with: other)
            fields[place].content = .message(inner)
            return
        }
        switch chance.number(0...9) {
        case 0: fields.remove(at: place)
        case 1: fields.insert(fields[place], at: chance.number(0...fields.count))
        case 2: fields.swapAt(place, chance.number(0...fields.count - 1))
        case 3: fields[place].number = UInt64(chance.number(1...24))
        case 4: insert(&chance, other)
        case 5 where chance.number(0...19) == 0:
            fields += [Field](repeating: fields[place], count: chance.number(16...600))
        default: fields[place].content = Self.varied(fields[place].content, &chance)
        }
    }

    private mutating func insert(_ chance: inout Chance, _ other: ProtobufTree?) {
        let place = chance.number(0...fields.count)
        if let other, !other.fields.isEmpty, chance.number(0...1) == 0 {
            fields.insert(other.fields[chance.number(0...other.fields.count - 1)], at: place)
        } else {
            let wrong = ProtobufBytes.wrong(&chance)
            fields.insert(Field(number: UInt64(chance.number(1...24)), content: .bytes(wrong)), at: place)
        }
    }

    private static func varied(_ content: Content, _ chance: inout Chance) -> Content {
        switch content {
        case .number(let value):
            chance.number(0...3) == 0 ? .number(value &+ UInt64(chance.number(0...2)) &- 1) : .number(chance.integer())
        case .fixed(let value): .fixed(chance.bytes(value.count...value.count))
        case .message(let inner): .bytes(chance.mutated(inner.bytes))
        case .bytes(let value):
            chance.number(0...7) == 0 ? .bytes(chance.bytes(0...300)) : .bytes(chance.mutated(value))
        }
    }
}
