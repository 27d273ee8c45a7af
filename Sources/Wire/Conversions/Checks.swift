import Raft
import SwiftProtobuf

/// Shared checks of decoding. Each throws a `WireError` that names the field.
enum Check {
    static func counter(_ value: UInt64, _ field: String) throws(WireError) -> UInt64 {
        guard value <= WireLimits.largestCounter else { throw .outOfRange(field) }
        return value
    }

    static func nonzero(_ value: UInt64, _ field: String) throws(WireError) -> UInt64 {
        guard value != 0 else { throw .missingField(field) }
        return try counter(value, field)
    }

    static func size(_ size: Int, atMost limit: Int, _ field: String) throws(WireError) {
        guard size <= limit else { throw .tooLarge(field: field, size: size, limit: limit) }
    }

    /// A membership list: sorted, without duplicates, without "none".
    static func replicas(_ values: [UInt64], _ field: String) throws(WireError) -> [ReplicaID] {
        try size(values.count, atMost: WireLimits.members, field)
        var last: UInt64 = 0
        for value in values {
            guard value > last else { throw .inconsistent("\(field) is not sorted and unique") }
            last = value
        }
        _ = try counter(last, field)
        return values.map { ReplicaID($0) }
    }

    /// Cuts a text at a character boundary so that its UTF-8 fits.
    static func shortened(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var result = ""
        var size = 0
        for character in text {
            size += character.utf8.count
            guard size <= limit else { break }
            result.append(character)
        }
        return result
    }
}

/// Protobuf bytes to a message and back, with every failure of the library as one `WireError`.
enum Coding {
    static func bytes<M: SwiftProtobuf.Message>(_ message: M) throws(WireError) -> [UInt8] {
        do {
            return try message.serializedBytes()
        } catch {
            throw .malformed
        }
    }

    static func message<M: SwiftProtobuf.Message>(_: M.Type, from bytes: [UInt8]) throws(WireError) -> M {
        var options = BinaryDecodingOptions()
        options.messageDepthLimit = 8
        options.discardUnknownFields = true
        do {
            return try M(serializedBytes: bytes, options: options)
        } catch {
            throw .malformed
        }
    }
}
