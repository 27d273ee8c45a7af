import KeyModel
package import SwiftProtobuf

/// A value of the model with one form in bytes. Equal values give equal bytes: no maps, fields by number.
package protocol StoredRow {
    associatedtype Proto: Message
    init(_ proto: Proto) throws(CodecError)
    var proto: Proto { get }
}

extension StoredRow {
    /// Throws for anything that this program would not have written itself.
    package init(bytes: [UInt8]) throws(CodecError) {
        let proto: Proto
        do {
            proto = try Proto(serializedBytes: bytes)
        } catch {
            throw CodecError("a \(Self.self) is not protobuf")
        }
        try self.init(proto)
        // Unknown fields, fields in another order or twice: dropped in silence, they would be gone from the next copy.
        guard self.bytes == bytes else { throw CodecError("a \(Self.self) has parts that are not known here") }
    }

    package var bytes: [UInt8] { Self.bytes(of: proto) }

    static func bytes(of proto: Proto) -> [UInt8] {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        do {
            return try proto.serializedBytes(options: options)
        } catch {
            // SAFETY: proto3 has no required fields, and every row is bounded far below 2 GiB: nothing here can throw.
            preconditionFailure("a \(Self.self) cannot be written")
        }
    }
}

/// Turns the model's refusal of a text into one of the codec.
func legal<T>(_ make: () throws(KMSError) -> T) throws(CodecError) -> T {
    do {
        return try make()
    } catch {
        throw CodecError(error.message)
    }
}

/// Throws unless there is a value.
func required<T>(_ value: T?, _ field: String) throws(CodecError) -> T {
    guard let value else { throw CodecError("\(field) is missing or out of range") }
    return value
}

/// `map` that keeps the kind of error.
func each<A, B>(_ list: [A], _ convert: (A) throws(CodecError) -> B) throws(CodecError) -> [B] {
    var result: [B] = []
    result.reserveCapacity(list.count)
    for one in list { result.append(try convert(one)) }
    return result
}
