/// Why bytes are not what this node accepts, or a value may not be sent.
package enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not protobuf, or not the expected message.
    case malformed
    /// A kind that does not exist, or that must not cross the network.
    case unknownKind(UInt32)
    case missingField(String)
    /// A number beyond what the field may hold, for example an index above `WireLimits.largestCounter`.
    case outOfRange(String)
    case tooLarge(field: String, size: Int, limit: Int)
    /// Fields that contradict each other, for example a gap between entries.
    case inconsistent(String)

    package var description: String {
        switch self {
        case .malformed: "bytes are not a message of this protocol"
        case .unknownKind(let kind): "kind \(kind) is unknown or not for the network"
        case .missingField(let field): "\(field) is missing"
        case .outOfRange(let field): "\(field) is out of range"
        case .tooLarge(let field, let size, let limit): "\(field): \(size) exceeds the limit of \(limit)"
        case .inconsistent(let text): text
        }
    }
}
