import Cluster
import KeyModel
import KeyReplication
import Raft

/// Commands that get an answer.
extension ShardCall {
    func ask() throws(ScenarioError) {
        let node = try firstNode()
        let deadline = try deadline(on: node)
        let group = try group()
        switch directive.command {
        case "write": try propose(try payload(), named: name("write", at: node), to: node)
        case "fill": try fill(node)
        case "read":
            // `read NODE [count=COUNT]`: as many reads in one turn.
            let name = name("read", at: node)
            let count = min(try number(of: "count", or: 1), 64)
            let reads = (1...max(1, count)).map { place in
                let box = stage.expectAnswer(count == 1 ? name : "\(name)\(place)")
                return ShardEvent.read(group, deadline: deadline) { box.value = Self.text($0) }
            }
            try post(reads, to: node)
        case "wait":
            guard directive.arguments.count > 1, let index = UInt64(directive.arguments[1].key) else {
                throw ScenarioError("an index is missing")
            }
            let box = stage.expectAnswer(name("wait", at: node))
            try post([.waitApplied(group, LogIndex(index), deadline: deadline) { box.value = Self.text($0) }], to: node)
        case "change":
            let box = stage.expectAnswer(name("change", at: node))
            let change = try membershipChange()
            try post([.changeMembership(group, change, deadline: deadline) { box.value = Self.text($0) }], to: node)
        default:
            let box = stage.expectAnswer(name("verify", at: node))
            try post(
                [
                    .verifyDigests(group, deadline: deadline) { result in
                        box.value = Self.text(result, outcome: { _ in "this is the leader's digest" })
                    }
                ], to: node)
        }
    }

    func propose(_ payload: [UInt8], named name: String, to node: StageNode) throws(ScenarioError) {
        let group = try group()
        let deadline = try deadline(on: node)
        let box = stage.expectAnswer(name)
        try post([.propose(group, payload, deadline: deadline) { box.value = Self.text($0) }], to: node)
    }

    /// `write NODE KEY=VALUE [size=BYTES]`, where `size` makes a value of that many bytes.
    private func payload() throws(ScenarioError) -> [UInt8] {
        guard directive.arguments.count > 1, let value = directive.arguments[1].values.first else {
            throw ScenarioError("a write needs KEY=VALUE")
        }
        let size = try number(of: "size", or: 0)
        guard size <= 1 << 20 else { throw ScenarioError("that is too large for a scenario") }
        let filler = Array(repeating: UInt8(ascii: "."), count: Int(size))
        return Array("\(directive.arguments[1].key)=\(value)".utf8) + filler
    }

    /// `fill NODE COUNT [from=NUMBER] [size=BYTES]`: that many writes, one after another.
    private func fill(_ node: StageNode) throws(ScenarioError) {
        guard directive.arguments.count > 1, let count = UInt64(directive.arguments[1].key), count <= 10_000 else {
            throw ScenarioError("a count is missing")
        }
        let size = try number(of: "size", or: 1)
        let first = try number(of: "from", or: 0)
        guard size <= 1 << 16 else { throw ScenarioError("that is too large for a scenario") }
        let value = String(repeating: "v", count: Int(size))
        let group = try group()
        var failed = 0
        for number in first..<first + count {
            let box = StageBox<Bool>()
            let deadline = try deadline(on: node)
            try post(
                [
                    .propose(group, Array("k\(number)=\(value)".utf8), deadline: deadline) { result in
                        if case .success = result { box.value = true }
                    }
                ], to: node)
            if box.value != true { failed += 1 }
        }
        stage.note(failed == 0 ? "\(count) writes are done" : "\(failed) of \(count) writes got no answer at once")
    }

    /// Input like `l4 v5 r1`; `v4.2` names an incarnation. `transition=explicit` leaves the joint configuration to a
    /// further command without input.
    private func membershipChange() throws(ScenarioError) -> MembershipChange {
        var changes: [MembershipChange.Change] = []
        for token in directive.input.split(whereSeparator: \.isWhitespace) {
            let target = try replica(token.dropFirst())
            switch token.first {
            case "v": changes.append(.init(.addVoter, target))
            case "l": changes.append(.init(.addLearner, target))
            case "r": changes.append(.init(.removeReplica, target))
            default: throw ScenarioError("unknown change \(token)")
            }
        }
        switch value(of: "transition") {
        case nil: return MembershipChange(changes: changes)
        case "explicit"?: return MembershipChange(transition: .jointExplicit, changes: changes)
        case "implicit"?: return MembershipChange(transition: .jointImplicit, changes: changes)
        case let other?: throw ScenarioError("unknown transition \(other)")
        }
    }

    // MARK: Answers as text

    static func text(
        _ result: Result<AppliedProposal, ClusterError>, outcome: (any Sendable) -> String = StageText.outcome
    ) -> String {
        switch result {
        case .success(let applied): "applied at \(StageText.position(applied.position)), \(outcome(applied.outcome))"
        case .failure(let error): "failed: \(error)"
        }
    }

    static func text(_ result: Result<LogIndex, ClusterError>) -> String {
        switch result {
        case .success(let index): "may be answered from index \(index.rawValue)"
        case .failure(let error): "failed: \(error)"
        }
    }

    static func text(_ error: ClusterError?) -> String { error.map { "failed: \($0)" } ?? "begun" }
}
