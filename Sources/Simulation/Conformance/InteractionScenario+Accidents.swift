import Raft

/// Commands that etcd/raft's files do not have: reads, accidents, and messages that nobody sent.
extension InteractionScenario {
    mutating func handleAccident(_ directive: ScenarioDirective) throws(ScenarioError) {
        switch directive.command {
        case "read-index":
            // `read-index NODE CONTEXT`: asks for an index for a linearizable read.
            guard directive.arguments.count == 2 else { throw ScenarioError("a node and a context are needed") }
            nodes[try firstNode(directive)].core.readIndex(context: Array(directive.arguments[1].key.utf8))
        case "tick":
            // `tick NODE COUNT`
            let node = try firstNode(directive)
            for _ in 0..<(try place(directive, 1)) { nodes[node].core.tick() }
        case "duplicate-msgs":
            let receiver = nodes[try firstNode(directive)].id
            messages += messages.filter { $0.to == receiver && $0.from != receiver }
        case "reverse-msgs": messages.reverse()
        case "report-snapshot":
            let from = try node(directive.arguments.first?.key)
            let to = try node(directive.arguments.dropFirst().first?.key)
            let succeeded = directive.arguments.contains { $0.key == "succeeded" }
            nodes[from].core.reportSnapshot(nodes[to].id, succeeded: succeeded)
        case "restart": try restart(directive)
        case "inject": try inject(directive)
        default: throw ScenarioError("unknown command")
        }
    }

    private func place(_ directive: ScenarioDirective, _ position: Int) throws(ScenarioError) -> Int {
        guard position < directive.arguments.count, let count = Int(directive.arguments[position].key), count >= 0
        else { throw ScenarioError("a number is missing") }
        return count
    }

    /// `restart NODE [commit=INDEX] [applied=INDEX] [lose-log-from=INDEX]`: the process starts again on the log that it
    /// left. `commit` and `applied` are what the disk kept of these, `lose-log-from` is the first entry that it lost.
    private mutating func restart(_ directive: ScenarioDirective) throws(ScenarioError) {
        let node = try firstNode(directive)
        let id = nodes[node].id
        var configuration = nodes[node].configuration
        for text in directive.values(of: "lose-log-from") { try nodes[node].log.lose(from: try index(text)) }
        for text in directive.values(of: "commit") { nodes[node].log.forgetCommit(beyond: try index(text)) }
        for text in directive.values(of: "applied") { nodes[node].log.forgetRows(beyond: try index(text)) }
        configuration.applied = nodes[node].log.applied
        nodes[node].log.prepareRestart()
        nodes[node] = ScenarioNode(
            core: RaftCore(configuration: configuration, log: nodes[node].log), log: nodes[node].log)
        messages.removeAll { $0.from == id }
    }

    private func index(_ text: String) throws(ScenarioError) -> LogIndex {
        guard let number = UInt64(text) else { throw ScenarioError("not a number: \(text)") }
        return LogIndex(number)
    }

    // MARK: Messages that nobody sent

    /// `inject FROM TO type=KIND [term=T] [log=T/I] [commit=I] [hint=I] [context=BYTES] [reject] [entries=(T/I, …)]
    /// [snapshot=T/I] [voters=(ID, …)]`: steps a message into TO and prints why it was not taken, if so.
    private mutating func inject(_ directive: ScenarioDirective) throws(ScenarioError) {
        guard directive.arguments.count > 2, let from = UInt64(directive.arguments[0].key) else {
            throw ScenarioError("a sender and a receiver are needed")
        }
        let receiver = try node(directive.arguments[1].key)
        var message = Message(kind: .heartbeat, to: nodes[receiver].id, from: ReplicaID(from))
        for argument in directive.arguments.dropFirst(2) { try Self.set(argument, in: &message) }
        do { try nodes[receiver].core.step(message) } catch { output.write(RaftText.text(of: error) + "\n") }
    }

    private static func set(
        _ argument: ScenarioDirective.Argument, in message: inout Message
    ) throws(ScenarioError) {
        let value = argument.values.first ?? ""
        switch argument.key {
        case "type":
            guard let kind = MessageKind.allCases.first(where: { RaftText.name($0) == value }) else {
                throw ScenarioError("unknown message type \(value)")
            }
            message.kind = kind
        case "term": message.term = Term(try number(value))
        case "commit": message.commit = LogIndex(try number(value))
        case "hint": message.rejectHint = LogIndex(try number(value))
        case "context": message.context = Array(value.utf8)
        case "read-position":
            let position = try number(value)
            message.context = (0..<8).map { UInt8(truncatingIfNeeded: position >> (56 - 8 * $0)) }
        case "reject": message.reject = true
        case "log": (message.logTerm, message.index) = try position(value)
        case "entries":
            message.entries = try argument.values.map { text throws(ScenarioError) in
                let (term, index) = try position(text)
                return LogEntry(term: term, index: index, payload: Array("injected".utf8))
            }
        case "snapshot":
            let (term, index) = try position(value)
            let position = LogPosition(term: term, index: index)
            message.snapshot = Snapshot(metadata: SnapshotMetadata(position: position))
        case "voters":
            let voters = try argument.values.map { text throws(ScenarioError) in ReplicaID(try number(text)) }
            message.snapshot?.metadata.membership = Membership(voters: voters)
        default: throw ScenarioError("unknown field \(argument.key)")
        }
    }

    private static func number(_ text: String) throws(ScenarioError) -> UInt64 {
        guard let number = UInt64(text) else { throw ScenarioError("not a number: \(text)") }
        return number
    }

    private static func position(_ text: String) throws(ScenarioError) -> (Term, LogIndex) {
        let parts = text.split(separator: "/").map(String.init)
        guard parts.count == 2 else { throw ScenarioError("not TERM/INDEX: \(text)") }
        return (Term(try number(parts[0])), LogIndex(try number(parts[1])))
    }
}
