/// How a vote stands.
package enum VoteOutcome: Hashable, Sendable {
    /// Votes that are still out decide.
    case pending
    case lost
    case won
}
