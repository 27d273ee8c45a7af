import Raft

extension InteractionScenario {
    /// `propose NODE TEXT`
    mutating func propose(_ directive: ScenarioDirective) throws(ScenarioError) {
        let node = try firstNode(directive)
        guard directive.arguments.count == 2, directive.arguments[1].values.isEmpty else {
            throw ScenarioError("expected exactly one key with no vals")
        }
        let payload = Array(directive.arguments[1].key.utf8)
        do { try nodes[node].core.propose(payload) } catch { throw ScenarioError(RaftText.text(of: error)) }
    }

    /// `propose-conf-change NODE [v1=true] [transition=auto|implicit|explicit]` with the changes as input.
    mutating func proposeChange(_ directive: ScenarioDirective) throws(ScenarioError) {
        let node = try firstNode(directive)
        var isSingle = false
        var transition = MembershipChange.Transition.auto
        for argument in directive.arguments.dropFirst() {
            for value in argument.values {
                switch (argument.key, value) {
                case ("v1", _): isSingle = value == "true"
                case ("transition", "auto"): transition = .auto
                case ("transition", "implicit"): transition = .jointImplicit
                case ("transition", "explicit"): transition = .jointExplicit
                case ("transition", _): throw ScenarioError("unknown transition \(value)")
                default: throw ScenarioError("unknown command \(argument.key)")
                }
            }
        }
        let changes = try RaftText.changes(from: directive.input)
        let change: MembershipChange
        if isSingle {
            guard changes.count == 1, transition == .auto else {
                throw ScenarioError("v1 conf change can only have one operation and no transition")
            }
            change = MembershipChange(single: changes[0])
        } else {
            change = MembershipChange(transition: transition, changes: changes)
        }
        do { try nodes[node].core.propose(change) } catch { throw ScenarioError(RaftText.text(of: error)) }
    }

    /// `send-snapshot FROM TO`: queues a snapshot that no leader has asked for.
    mutating func sendSnapshot(_ directive: ScenarioDirective) throws(ScenarioError) {
        let pair = try nodeList(directive)
        guard pair.count == 2 else { throw ScenarioError("expected two nodes") }
        let sender = nodes[pair[0]]
        let snapshot: Snapshot
        do { snapshot = try sender.log.snapshot() } catch { throw ScenarioError("\(error)") }
        let message = Message(
            kind: .snapshot, to: nodes[pair[1]].id, from: sender.id, term: sender.core.term, snapshot: snapshot)
        messages.append(message)
        output.write(RaftText.message(message))
    }

    // MARK: Printing

    mutating func printLog(of node: Int) {
        let log = nodes[node].log
        guard log.lastIndex >= log.firstIndex else {
            return output.write(
                "log is empty: first index=\(log.firstIndex.rawValue), last index=\(log.lastIndex.rawValue)")
        }
        let entries = (try? log.entries(from: log.firstIndex, to: log.lastIndex.next, maxBytes: .max)) ?? []
        output.write(RaftText.entries(entries))
    }

    mutating func printState() {
        for node in nodes {
            let core = node.core
            let standing = core.membership.allVoters.contains(node.id) ? "(Voter)" : "(Non-Voter)"
            output.write(
                "\(node.id.rawValue): \(RaftText.name(core.role)) \(standing)"
                    + " Term:\(core.term.rawValue) Lead:\(core.leader.rawValue)\n")
        }
    }
}
