import Cluster
import KeyModel
import Raft

/// What callers asked and were told, in true time, as the checker of linearizability wants it. A call is one operation
/// from its first attempt to its answer: all attempts carry one idempotency key.
struct CallLog {
    /// States that the checker may look at in one run, before it says that it does not know.
    private static let budget = 200_000

    private(set) var history = ClientHistory<KeyRequest, KeyAnswer>()

    mutating func write(
        _ pending: SimulatedClient.Pending, _ client: Int, _ applied: AppliedProposal, answeredAt: UInt64
    ) {
        guard let outcome = applied.outcome as? CommandOutcome, let answer = KeyAnswer(outcome),
            let number = begin(pending, client, at: pending.asked)
        else { return }
        // A repeated request gets the answer of the first entry, whose index is not known here.
        let revision = pending.attempts == 1 ? applied.position.index.rawValue : nil
        history.answer(number, answer, at: answeredAt, revision: revision)
    }

    mutating func read(_ pending: SimulatedClient.Pending, _ client: Int, key: Key?, answeredAt: UInt64) {
        guard let number = begin(pending, client, at: pending.attemptAsked) else { return }
        history.answer(number, key.map { .key(KeyFacts($0)) } ?? .refused(.keyNotFound), at: answeredAt)
    }

    /// Nobody said what became of it: a write may have happened, a read says nothing.
    mutating func gaveUp(_ pending: SimulatedClient.Pending, _ client: Int) {
        guard case .write = pending.call else { return }
        _ = begin(pending, client, at: pending.asked)
    }

    private mutating func begin(_ pending: SimulatedClient.Pending, _ client: Int, at time: UInt64) -> Int? {
        guard let action = action(of: pending) else { return nil }
        return history.invoke(KeyRequest(action, of: pending.name, principal: "c\(client)"), by: client, at: time)
    }

    private func action(of pending: SimulatedClient.Pending) -> KeyRequest.Action? {
        guard case .write(let command, _) = pending.call else { return .describe }
        switch command.body {
        case .createKey(let create): return .create(id: create.id, tags: create.tags)
        case .rotateKey(_, let expected, _): return .rotate(expected: expected)
        case .activateVersion(_, let number): return .activate(number)
        case .disableKey: return .disable
        case .enableKey: return .enable
        case .setTags(_, let tags): return .setTags(tags)
        default: return nil
        }
    }

    /// What of the history no order explains, or nil. Nothing is decided where the search was too long.
    func verdict() -> LinearizabilityVerdict {
        LinearizabilityChecker(KeySpecification(for: history.operations.map(\.request)), budget: Self.budget).check(
            history)
    }
}
