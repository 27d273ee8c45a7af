import Synchronization
import UnaryGRPC

/// What became of the calls that are made under one name: whom the client asked, and who gave the answer.
///
/// Set with `ClavigerClient.$trace.withValue(trace) { … }`. Each attempt carries the id `NAME.N`, N counted from 1 over
/// all calls of the trace, and the node writes it into its audit record.
package final class CallTrace: Sendable {
    /// Longest name in bytes, so that an attempt's id is no longer than `RequestID` allows.
    package static let longestName = 54

    private struct State {
        var attempts: [(id: String, node: String)] = []
        var answeredBy: String?
        var mayHaveHappened = false
        var refusals: [Refusal] = []
    }

    /// What a node said instead of doing what was asked, be it that the client went on to another one.
    package struct Refusal: Sendable, Hashable {
        package let code: ClientError.Code
        package let at: ContinuousClock.Instant
    }

    package let name: String
    private let state = Mutex(State())

    /// - Parameter name: one for which `isName` holds; under another one the attempts are counted and no id is sent.
    package init(name: String) { self.name = name }

    /// Whether ids made of this name may travel.
    package static func isName(_ name: String) -> Bool {
        name.utf8.count <= longestName && RequestID.isValid(name)
    }

    /// All attempts so far, in their order: the id that was sent, and the name of the node if it is known.
    package var attempts: [(id: String, node: String)] { state.withLock { $0.attempts } }

    /// The node whose answer, good or bad, was the last call's. Nil if no node's was.
    package var answeredBy: String? { state.withLock { $0.answeredBy } }

    /// Whether a node may have done what was asked although its answer did not become the call's.
    package var mayHaveHappened: Bool { state.withLock { $0.mayHaveHappened } }

    /// Refusals that nodes gave, in their order.
    package var refusals: [Refusal] { state.withLock { $0.refusals } }

    /// A node refused.
    func refused(_ code: ClientError.Code) {
        state.withLock { $0.refusals.append(Refusal(code: code, at: .now)) }
    }

    /// The id of a new attempt.
    func begin(node: String) -> String {
        state.withLock { state in
            let id = "\(name).\(state.attempts.count + 1)"
            state.attempts.append((id, node))
            return id
        }
    }

    /// A call of the trace has ended.
    func end(answeredBy node: String?, mayHaveHappened: Bool) {
        state.withLock { state in
            state.answeredBy = node
            if mayHaveHappened { state.mayHaveHappened = true }
        }
    }
}
