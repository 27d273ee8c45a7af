/// Why a payload is not a membership change.
package enum MembershipDecodingError: Error, Hashable, Sendable {
    case unknownVersion
    case truncated
    case unknownValue
    case trailingBytes
}

// The payload of a configuration entry, on disk and on the wire, integers big-endian:
//
//     version u8 = 1 | form u8 | transition u8 | count u16 | count x (kind u8, replica u64) | length u32 | context
//
// An empty payload is the change that leaves a joint configuration: it can never be refused for its size.
extension MembershipChange {
    private static let version: UInt8 = 1
    private static let bytesPerChange = 9

    /// The payload of the entry that carries this change.
    package func encoded() -> [UInt8] {
        if self == .leaveJoint { return [] }
        var bytes: [UInt8] = [Self.version, form.rawValue, transition.rawValue]
        bytes.append(bigEndian: UInt16(clamping: changes.count))
        for change in changes.prefix(Int(UInt16.max)) {
            bytes.append(change.kind.rawValue)
            bytes.append(bigEndian: change.replica.rawValue)
        }
        bytes.append(bigEndian: UInt32(clamping: context.count))
        bytes.append(contentsOf: context)
        return bytes
    }

    /// Reads an entry's payload.
    package init(decoding payload: [UInt8]) throws(MembershipDecodingError) {
        self = .leaveJoint
        if payload.isEmpty { return }
        var rest = payload[...]
        guard try rest.takeInteger(UInt8.self) == Self.version else { throw .unknownVersion }
        guard
            let form = Form(rawValue: try rest.takeInteger(UInt8.self)),
            let transition = Transition(rawValue: try rest.takeInteger(UInt8.self))
        else { throw .unknownValue }
        let count = Int(try rest.takeInteger(UInt16.self))
        guard rest.count >= count * Self.bytesPerChange else { throw .truncated }
        for _ in 0..<count {
            guard let kind = Change.Kind(rawValue: try rest.takeInteger(UInt8.self)) else { throw .unknownValue }
            let replica = ReplicaID(try rest.takeInteger(UInt64.self))
            guard !replica.isStorageThread else { throw .unknownValue }
            changes.append(Change(kind, replica))
        }
        let length = Int(try rest.takeInteger(UInt32.self))
        guard rest.count >= length else { throw .truncated }
        guard rest.count == length else { throw .trailingBytes }
        if form == .single, transition != .auto || changes.count != 1 { throw .unknownValue }
        self.form = form
        self.transition = transition
        context = Array(rest)
        // Its payload is empty: no change has two forms.
        if self == .leaveJoint { throw .unknownValue }
    }
}

extension Array where Element == UInt8 {
    fileprivate mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        for shift in stride(from: Integer.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> Integer(shift)))
        }
    }
}

extension ArraySlice where Element == UInt8 {
    fileprivate mutating func takeInteger<Integer: FixedWidthInteger & UnsignedInteger>(
        _ type: Integer.Type
    ) throws(MembershipDecodingError) -> Integer {
        let size = Integer.bitWidth / 8
        guard count >= size else { throw .truncated }
        var value = UInt64(0)
        for byte in prefix(size) { value = value << 8 | UInt64(byte) }
        removeFirst(size)
        return Integer(truncatingIfNeeded: value)
    }
}
