package import KeyModel
package import Raft

/// What callers asked and were told, in true time: the input of the check for linearizability.
package struct CallLog: Sendable {
    /// What came back.
    package enum Answer: Hashable, Sendable {
        case outcome(CommandOutcome)
        /// The key as a confirmed read showed it; nil when there was none.
        case key(Key?)
        /// Nobody said what became of it: it may have happened at any time since, or never.
        case none
    }

    /// One call from asking to its answer; times are virtual nanoseconds.
    package struct Call: Hashable, Sendable {
        package var group: GroupID
        package var name: KeyName
        /// Nil for a read.
        package var command: KeyCommand.Body?
        package var asked: UInt64
        package var answered: UInt64?
        package var answer: Answer
    }

    package private(set) var calls: [Call] = []

    mutating func write(_ pending: SimulatedClient.Pending, outcome: CommandOutcome?, answeredAt: UInt64) {
        guard case .write(let command, _) = pending.call, let outcome else { return }
        calls.append(
            Call(
                group: pending.group, name: pending.name, command: command.body, asked: pending.asked,
                answered: answeredAt, answer: .outcome(outcome)))
    }

    mutating func read(_ pending: SimulatedClient.Pending, key: Key?, answeredAt: UInt64) {
        calls.append(
            Call(
                group: pending.group, name: pending.name, command: nil, asked: pending.attemptAsked,
                answered: answeredAt, answer: .key(key)))
    }

    /// A read without an answer says nothing; a write may have happened.
    mutating func gaveUp(_ pending: SimulatedClient.Pending) {
        guard case .write(let command, _) = pending.call else { return }
        calls.append(
            Call(
                group: pending.group, name: pending.name, command: command.body, asked: pending.asked, answered: nil,
                answer: .none))
    }
}
