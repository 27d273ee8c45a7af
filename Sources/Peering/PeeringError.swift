/// What can go wrong between nodes.
package enum PeeringError: Error, Hashable, Sendable, CustomStringConvertible {
    case notConnected
    case timedOut
    /// The other side refused or failed; its words.
    case refused(String)
    case invalidConfiguration(String)
    case tooLarge(bytes: Int, limit: Int)

    package var description: String {
        switch self {
        case .notConnected: "no connection to the peer"
        case .timedOut: "the peer did not answer in time"
        case .refused(let text): "the peer refused: \(text)"
        case .invalidConfiguration(let text): "peer network: \(text)"
        case .tooLarge(let bytes, let limit): "\(bytes) bytes exceed the limit of \(limit)"
        }
    }
}
