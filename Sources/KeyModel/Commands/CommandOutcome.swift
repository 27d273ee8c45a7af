/// What a command came to: the same on every replica. A refusal is a committed fact like any other.
///
/// Indirect, because outcomes are kept by the thousand and passed on, and a key has many parts to copy.
package indirect enum CommandOutcome: Hashable, Sendable {
    case created(Key)
    case updated(Key)
    case accepted
    case epoch(Epoch)
    /// The message is safe to show to the caller.
    case rejected(KMSError.Code, String)

    /// The refusal as an error, or nil.
    package var refusal: KMSError? {
        if case .rejected(let code, let message) = self { KMSError(code, message) } else { nil }
    }

    /// The key that was made or changed, or nil.
    package var key: Key? {
        switch self {
        case .created(let key), .updated(let key): key
        case .accepted, .epoch, .rejected: nil
        }
    }
}
