import Raft

/// Commands that set up replicas, let them talk and print what they do.
struct InteractionScenario: ScenarioInterpreter {
    let printsLogLines = true
    var nodes: [ScenarioNode] = []
    /// Under way between replicas, and from storage threads.
    var messages: [Message] = []
    var output = ScenarioOutput()

    mutating func run(_ directive: ScenarioDirective) -> String {
        output.clear()
        do {
            try handle(directive)
        } catch {
            if output.isQuiet { return error.text }
            output.write(error.text)
        }
        return output.text.isEmpty ? "ok" : output.text
    }

    private mutating func handle(_ directive: ScenarioDirective) throws(ScenarioError) {
        switch directive.command {
        case "_breakpoint": break
        case "add-nodes": try addNodes(directive)
        case "campaign": nodes[try firstNode(directive)].core.campaign()
        case "compact":
            let node = try firstNode(directive)
            try nodes[node].log.compact(through: LogIndex(try number(directive, 1)))
            printLog(of: node)
        case "deliver-msgs": try deliver(directive)
        case "process-ready":
            try onEach(directive, "handling Ready") { (scenario, node) throws(ScenarioError) in
                try scenario.processReady(node)
            }
        case "process-append-thread":
            try onEach(directive, "processing append thread") { (scenario, node) throws(ScenarioError) in
                try scenario.processAppendThread(node)
            }
        case "process-apply-thread":
            try onEach(directive, "processing apply thread") { (scenario, node) throws(ScenarioError) in
                try scenario.processApplyThread(node)
            }
        case "log-level": try setLevel(directive.arguments.first?.key ?? "")
        case "raft-log": printLog(of: try firstNode(directive))
        case "raft-state": printState()
        case "stabilize": try stabilize(directive)
        case "status": output.write(RaftText.progress(nodes[try firstNode(directive)].core.progressStatus))
        case "tick-election":
            let node = try firstNode(directive)
            for _ in 0..<nodes[node].configuration.electionTicks { nodes[node].core.tick() }
        case "tick-heartbeat":
            let node = try firstNode(directive)
            for _ in 0..<nodes[node].configuration.heartbeatTicks { nodes[node].core.tick() }
        default: try handleRequest(directive)
        }
    }

    /// Commands that ask one replica for something.
    private mutating func handleRequest(_ directive: ScenarioDirective) throws(ScenarioError) {
        switch directive.command {
        case "set-randomized-election-timeout":
            let node = try firstNode(directive)
            guard let ticks = Int(directive.values(of: "timeout").first ?? ""), ticks > 0 else {
                throw ScenarioError("a timeout is missing")
            }
            nodes[node].core.overrideElectionTimeout(ticks: ticks)
        case "transfer-leadership":
            let from = try node(directive.values(of: "from").first)
            let to = try node(directive.values(of: "to").first)
            nodes[from].core.transferLeadership(to: nodes[to].id)
        case "forget-leader": nodes[try firstNode(directive)].core.forgetLeader()
        case "send-snapshot": try sendSnapshot(directive)
        case "propose": try propose(directive)
        case "propose-conf-change": try proposeChange(directive)
        case "report-unreachable":
            let pair = try nodeList(directive)
            guard pair.count == 2 else {
                throw ScenarioError(
                    "must specify exactly two node indexes: node on which to report, and reported node")
            }
            nodes[pair[0]].core.reportUnreachable(nodes[pair[1]].id)
        default: try handleAccident(directive)
        }
    }

    mutating func setLevel(_ name: String) throws(ScenarioError) {
        guard let level = ScenarioOutput.levels.firstIndex(of: name.uppercased()) else {
            throw ScenarioError("log levels must be either of [\(ScenarioOutput.levels.joined(separator: " "))]")
        }
        output.level = level
    }

    // MARK: Arguments

    private func number(_ directive: ScenarioDirective, _ place: Int) throws(ScenarioError) -> UInt64 {
        guard place < directive.arguments.count, let number = UInt64(directive.arguments[place].key) else {
            throw ScenarioError("a number is missing")
        }
        return number
    }

    func node(_ text: String?) throws(ScenarioError) -> Int {
        guard let text, let id = Int(text), nodes.indices.contains(id - 1) else {
            throw ScenarioError("no such node")
        }
        return id - 1
    }

    func firstNode(_ directive: ScenarioDirective) throws(ScenarioError) -> Int {
        try node(directive.arguments.first?.key)
    }

    /// The nodes named by arguments without a value.
    func nodeList(_ directive: ScenarioDirective) throws(ScenarioError) -> [Int] {
        try directive.arguments.filter { $0.values.isEmpty }.map { argument throws(ScenarioError) in
            try node(argument.key)
        }
    }

    /// Does `work` for each node, under a headline when there are several.
    private mutating func onEach(
        _ directive: ScenarioDirective, _ headline: String,
        _ work: (inout Self, Int) throws(ScenarioError) -> Void
    ) throws(ScenarioError) {
        let list = try nodeList(directive)
        for node in list {
            if list.count > 1 {
                output.write("> \(nodes[node].id.rawValue) \(headline)\n")
                try indented { (scenario) throws(ScenarioError) in try work(&scenario, node) }
            } else {
                try work(&self, node)
            }
        }
    }

    mutating func indented(
        _ work: (inout Self) throws(ScenarioError) -> Void
    ) throws(ScenarioError) {
        let before = output.beginIndent()
        defer { output.endIndent(before) }
        try work(&self)
    }
}
