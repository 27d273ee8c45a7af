/// Counts a repeated field in protobuf bytes before anything is decoded: a few megabytes of empty elements would
/// otherwise become hundreds of megabytes of values.
enum FieldCensus {
    /// How often the field at the end of `path` occurs, or nil when the bytes are not protobuf. Each element but the
    /// last names a length-delimited field to descend into.
    static func count(_ path: [UInt64], in bytes: [UInt8]) -> Int? {
        count(path[...], in: bytes[...])
    }

    private static func count(_ path: ArraySlice<UInt64>, in bytes: ArraySlice<UInt8>) -> Int? {
        guard let wanted = path.first else { return nil }
        var rest = bytes
        var total = 0
        while !rest.isEmpty {
            guard let key = varint(&rest) else { return nil }
            let isWanted = key >> 3 == wanted
            if isWanted, path.count == 1 { total += 1 }
            switch key & 7 {
            case 0:
                guard varint(&rest) != nil else { return nil }
            case 1:
                guard rest.count >= 8 else { return nil }
                rest.removeFirst(8)
            case 2:
                guard let length = varint(&rest), length <= UInt64(rest.count) else { return nil }
                let body = rest.prefix(Int(length))
                rest.removeFirst(Int(length))
                if isWanted, path.count > 1 {
                    guard let inner = count(path.dropFirst(), in: body) else { return nil }
                    total += inner
                }
            case 5:
                guard rest.count >= 4 else { return nil }
                rest.removeFirst(4)
            default:
                return nil
            }
        }
        return total
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
}
