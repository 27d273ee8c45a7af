import Raft

extension InteractionScenario {
    struct Recipient {
        var id: ReplicaID
        var drops = false
    }

    // MARK: Messages

    /// `deliver-msgs NODE… [type=KIND] [drop=(NODE, …)]`
    mutating func deliver(_ directive: ScenarioDirective) throws(ScenarioError) {
        var kind: MessageKind?
        var recipients: [Recipient] = []
        func id(_ text: String) throws(ScenarioError) -> ReplicaID {
            guard let id = UInt64(text) else { throw ScenarioError("not a number: \(text)") }
            return ReplicaID(id)
        }
        for argument in directive.arguments {
            if argument.values.isEmpty { recipients.append(Recipient(id: try id(argument.key))) }
            for value in argument.values {
                switch argument.key {
                case "drop":
                    let recipient = Recipient(id: try id(value), drops: true)
                    guard !recipients.contains(where: { $0.id == recipient.id }) else {
                        throw ScenarioError("can't both deliver and drop msgs to \(value)")
                    }
                    recipients.append(recipient)
                case "type":
                    kind = MessageKind.allCases.first { RaftText.name($0) == value }
                    if kind == nil { throw ScenarioError("unknown message type \(value)") }
                default: break
                }
            }
        }
        if deliver(kind, to: recipients) == 0 { output.write("no messages\n") }
    }

    /// Delivers or drops the messages to `recipients`, in their order. Returns how many there were.
    @discardableResult
    private mutating func deliver(_ kind: MessageKind?, to recipients: [Recipient]) -> Int {
        var count = 0
        for recipient in recipients {
            let taken = messages.filter { Self.isFor(recipient, kind, $0) }
            messages.removeAll { Self.isFor(recipient, kind, $0) }
            count += taken.count
            for message in taken {
                output.write((recipient.drops ? "dropped: " : "") + RaftText.message(message) + "\n")
                let node = Int(clamping: message.to.rawValue) - 1
                guard !recipient.drops, nodes.indices.contains(node) else { continue }
                do { try nodes[node].core.step(message) } catch { output.write(RaftText.text(of: error) + "\n") }
            }
        }
        return count
    }

    /// Messages of a replica to itself and from its storage threads are never lost.
    private static func isFor(_ recipient: Recipient, _ kind: MessageKind?, _ message: Message) -> Bool {
        let isLocal = message.from == message.to || message.from.isStorageThread || message.to.isStorageThread
        return message.to == recipient.id && !(recipient.drops && isLocal) && (kind == nil || kind == message.kind)
    }

    // MARK: Work of one replica

    mutating func processReady(_ node: Int) throws(ScenarioError) {
        let isAsync = nodes[node].configuration.asyncStorageWrites
        let ready = nodes[node].core.ready()
        output.write(RaftText.ready(ready))
        if !isAsync {
            try nodes[node].log.write(
                hardState: ready.hardState, entries: ready.entries, snapshot: ready.snapshot)
            try nodes[node].apply(ready.committedEntries)
        }
        for message in ready.messages {
            switch message.to {
            case .appendThread: nodes[node].appendWork.append(message)
            case .applyThread: nodes[node].applyWork.append(message)
            default: messages.append(message)
            }
        }
        if !isAsync { nodes[node].core.advance(ready) }
    }

    mutating func processAppendThread(_ node: Int) throws(ScenarioError) {
        guard !nodes[node].appendWork.isEmpty else { return output.write("no append work to perform") }
        let work = nodes[node].appendWork.removeFirst()
        printWork(work)
        let state = HardState(term: work.term, vote: work.vote, commit: work.commit)
        try nodes[node].log.write(hardState: state, entries: work.entries, snapshot: work.snapshot)
        deliverResponses(of: work)
    }

    mutating func processApplyThread(_ node: Int) throws(ScenarioError) {
        guard !nodes[node].applyWork.isEmpty else { return output.write("no apply work to perform") }
        let work = nodes[node].applyWork.removeFirst()
        printWork(work)
        try nodes[node].apply(work.entries)
        deliverResponses(of: work)
    }

    private mutating func printWork(_ work: Message) {
        var request = work
        request.responses = []
        output.write("Processing:\n" + RaftText.message(request) + "\n")
    }

    private mutating func deliverResponses(of work: Message) {
        output.write("Responses:\n" + work.responses.map { RaftText.message($0) + "\n" }.joined())
        messages += work.responses
    }

    // MARK: Everything

    /// `stabilize [NODE…] [log-level=LEVEL]`: works and delivers until nothing is left to do.
    mutating func stabilize(_ directive: ScenarioDirective) throws(ScenarioError) {
        let level = output.level
        defer { output.level = level }
        for name in directive.values(of: "log-level") { try setLevel(name) }
        let named = try nodeList(directive)
        let list = named.isEmpty ? Array(nodes.indices) : named
        while try round(list) {}
    }

    /// One round over the nodes of `list`. False when there was nothing to do.
    private mutating func round(_ list: [Int]) throws(ScenarioError) -> Bool {
        var worked = false
        func headline(_ node: Int, _ text: String) -> String { "> \(node + 1) \(text)\n" }
        for node in list where nodes[node].core.hasReady {
            worked = true
            output.write(headline(node, "handling Ready"))
            try indented { (scenario) throws(ScenarioError) in try scenario.processReady(node) }
        }
        for node in list where messages.contains(where: { $0.to == nodes[node].id }) {
            worked = true
            output.write(headline(node, "receiving messages"))
            let recipient = Recipient(id: nodes[node].id)
            try indented { (scenario) throws(ScenarioError) in scenario.deliver(nil, to: [recipient]) }
        }
        for node in list where !nodes[node].appendWork.isEmpty {
            worked = true
            output.write(headline(node, "processing append thread"))
            while !nodes[node].appendWork.isEmpty {
                try indented { (scenario) throws(ScenarioError) in try scenario.processAppendThread(node) }
            }
        }
        for node in list where !nodes[node].applyWork.isEmpty {
            worked = true
            output.write(headline(node, "processing apply thread"))
            while !nodes[node].applyWork.isEmpty {
                try indented { (scenario) throws(ScenarioError) in try scenario.processApplyThread(node) }
            }
        }
        return worked
    }
}
