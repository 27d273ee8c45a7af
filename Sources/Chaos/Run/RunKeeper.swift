import Synchronization

/// What is noted while a run goes on, from any thread.
final class RunKeeper: Sendable {
    private struct State {
        var record: RunRecord
        /// Nodes without a quorum within reach, and since when.
        var isolated: [String: Int64] = [:]
    }

    private let state: Mutex<State>

    init(scenario: Scenario, seed: UInt64) { state = Mutex(State(record: RunRecord(scenario: scenario, seed: seed))) }

    /// What was noted so far; isolations that go on end at `time`.
    func record(at time: Int64) -> RunRecord {
        state.withLock { state in
            var record = state.record
            for (node, from) in state.isolated.sorted(by: { $0.key < $1.key }) {
                record.withoutQuorum.append(.init(node: node, from: from, until: time))
            }
            record.events.sort { $0.at < $1.at }
            return record
        }
    }

    func note(_ event: RunRecord.Event) { state.withLock { $0.record.events.append(event) } }

    func change(_ body: (inout RunRecord) -> Void) { state.withLock { body(&$0.record) } }

    /// The run is not what the scenario says, and so does not pass.
    func mishap(_ text: String) { state.withLock { $0.record.mishaps.append(text) } }

    /// From now on exactly these nodes have no quorum within reach.
    func isolated(_ nodes: Set<String>, at time: Int64) {
        state.withLock { state in
            for (node, from) in state.isolated where !nodes.contains(node) {
                state.record.withoutQuorum.append(.init(node: node, from: from, until: time))
                state.isolated[node] = nil
            }
            for node in nodes where state.isolated[node] == nil { state.isolated[node] = time }
        }
    }
}
