import Synchronization

/// What is noted while a run goes on, from any thread.
package final class RunKeeper: Sendable {
    /// What a fault is about that goes on.
    private struct Concern {
        var regions: [String]
        var nodes: [String]
        var from: Int64
    }

    private struct State {
        var record: RunRecord
        /// Nodes without a quorum within reach, and since when.
        var isolated: [String: Int64] = [:]
        /// By the number that `affect` gave.
        var concerns: [Int: Concern] = [:]
        var lastConcern = 0

        mutating func end(_ concern: Concern, at time: Int64) {
            func affected(_ name: String) -> RunRecord.Affected { .init(name: name, from: concern.from, until: time) }
            record.affectedRegions += concern.regions.map(affected)
            record.affectedNodes += concern.nodes.map(affected)
        }
    }

    private let state: Mutex<State>

    /// Nothing was noted yet.
    package init(scenario: Scenario, seed: UInt64) {
        state = Mutex(State(record: RunRecord(scenario: scenario, seed: seed)))
    }

    /// What was noted so far; what goes on, as a node without a quorum or a fault that is not undone, ends at `time`.
    package func record(at time: Int64) -> RunRecord {
        state.withLock { state in
            var whole = state
            for (_, concern) in state.concerns.sorted(by: { $0.key < $1.key }) { whole.end(concern, at: time) }
            var record = whole.record
            for (node, from) in state.isolated.sorted(by: { $0.key < $1.key }) {
                record.withoutQuorum.append(.init(name: node, from: from, until: time))
            }
            record.events.sort { $0.at < $1.at }
            return record
        }
    }

    func note(_ event: RunRecord.Event) { state.withLock { $0.record.events.append(event) } }

    func change(_ body: (inout RunRecord) -> Void) { state.withLock { body(&$0.record) } }

    /// The run is not what the scenario says, and so does not pass.
    func mishap(_ text: String) { state.withLock { $0.record.mishaps.append(text) } }

    /// A fault is about these from now on, until `relieve` with the number that this returns.
    func affect(regions: [String] = [], nodes: [String] = [], at time: Int64) -> Int {
        state.withLock { state in
            state.lastConcern += 1
            state.concerns[state.lastConcern] = Concern(regions: regions, nodes: nodes, from: time)
            return state.lastConcern
        }
    }

    /// Nodes that were down or paused are back, whatever brought them: the faults that these numbers are of are not
    /// about them any more.
    func relieve(_ numbers: Set<Int>, of nodes: [String], at time: Int64) {
        state.withLock { state in
            for number in numbers.sorted() {
                guard var concern = state.concerns[number] else { continue }
                let back = concern.nodes.filter(nodes.contains)
                state.end(Concern(regions: [], nodes: back, from: concern.from), at: time)
                concern.nodes.removeAll(where: back.contains)
                state.concerns[number] = concern
            }
        }
    }

    /// It is undone. For the second time nothing happens.
    func relieve(_ number: Int, at time: Int64) {
        state.withLock { state in
            guard let concern = state.concerns.removeValue(forKey: number) else { return }
            state.end(concern, at: time)
        }
    }

    /// From now on exactly these nodes have no quorum within reach.
    func isolated(_ nodes: Set<String>, at time: Int64) {
        state.withLock { state in
            for (node, from) in state.isolated where !nodes.contains(node) {
                state.record.withoutQuorum.append(.init(name: node, from: from, until: time))
                state.isolated[node] = nil
            }
            for node in nodes where state.isolated[node] == nil { state.isolated[node] = time }
        }
    }
}
