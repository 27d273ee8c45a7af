import Cluster
import Raft

/// Commands that drive whole nodes: shards, disks, state machines and the links between them.
///
/// A file of this kind begins with `nodes`. Each command ends when nothing is under way any more, in no time at all:
/// only `run` lets time pass. `docs/testing.md` lists the commands.
struct ShardScenario: ScenarioInterpreter {
    let printsLogLines = false
    private var stage: Stage?

    mutating func run(_ directive: ScenarioDirective) -> String {
        do throws(ScenarioError) {
            if directive.command == "nodes" { return try begin(directive) }
            guard let stage else { throw ScenarioError("the first command must be nodes") }
            stage.begin()
            try Self.perform(directive, on: stage)
            return stage.lines.isEmpty ? "ok" : stage.lines.joined(separator: "\n")
        } catch {
            return error.text
        }
    }

    /// `nodes COUNT [voters=(…)] [groups=(…)] [kind=notes|keys|directory] [leader=NODE] [SETTING=VALUE]…`
    private mutating func begin(_ directive: ScenarioDirective) throws(ScenarioError) -> String {
        let settings = try StageSettings(directive)
        let stage = try Stage(settings)
        self.stage = stage
        guard let number = settings.leader else { return "ok" }
        guard let node = stage.nodes.first(where: { $0.number == number }), settings.groups.allSatisfy(node.leads),
            let term = node.status(of: settings.groups[0])?.term.rawValue
        else { throw ScenarioError("n\(number) did not become the leader") }
        return "\(node.name) leads in term \(term)"
    }

    private static func perform(_ directive: ScenarioDirective, on stage: Stage) throws(ScenarioError) {
        let call = ShardCall(directive: directive, stage: stage)
        switch directive.command {
        case "run": try call.run()
        case "write", "read", "wait", "change", "verify", "fill": try call.ask()
        case "key": try call.proposeKeyCommand()
        case "directory": try call.proposeDirectoryCommand()
        case "create", "remove", "prefer", "transfer", "drain", "space", "slow", "alarm", "ban", "damage", "tamper":
            try call.tell()
        case "crash", "restart", "wipe", "pause", "resume", "close": try call.changeProcess()
        case "cut", "isolate", "heal", "delay", "inject": try call.changeNetwork()
        case "snapshots", "carry": try call.moveSnapshots()
        case "state", "rows", "fresh", "keys": try call.show()
        default: throw ScenarioError("unknown command")
        }
    }
}

/// One command with its arguments, on its stage.
struct ShardCall {
    let directive: ScenarioDirective
    let stage: Stage

    // MARK: Arguments

    /// Arguments without a value that are no words of the language.
    var plain: [String] { directive.arguments.filter { $0.values.isEmpty }.map(\.key) }

    func has(_ word: String) -> Bool { plain.contains(word) }

    func value(of key: String) -> String? { directive.values(of: key).first }

    func number(of key: String, or fallback: UInt64) throws(ScenarioError) -> UInt64 {
        let values = directive.values(of: key)
        return values.isEmpty ? fallback : try StageSettings.number(values)
    }

    /// `3` or `n3`: the node's program as it runs now.
    func node(_ text: String?) throws(ScenarioError) -> StageNode {
        let digits = text.map { $0.hasPrefix("n") ? $0.dropFirst() : Substring($0) } ?? ""
        guard let number = UInt64(digits), let node = stage.nodes.first(where: { $0.number == number }) else {
            throw ScenarioError("no such node: \(text ?? "none given")")
        }
        return node
    }

    func firstNode() throws(ScenarioError) -> StageNode { try node(directive.arguments.first?.key) }

    /// The nodes that are named, or all.
    func nodes() throws(ScenarioError) -> [StageNode] {
        let named = try plain.filter { $0.first?.isNumber ?? false }.map { text throws(ScenarioError) in
            try node(text)
        }
        return named.isEmpty ? stage.nodes : named
    }

    /// `3` is the node's present replica, `3.1` the one of its first incarnation.
    func replica(_ text: some StringProtocol) throws(ScenarioError) -> ReplicaID {
        let parts = text.split(separator: ".").map { UInt64($0) }
        guard let number = parts.first ?? nil, parts.count <= 2 else { throw ScenarioError("no replica: \(text)") }
        if parts.count == 2, let incarnation = parts[1] { return ReplicaID(number << 16 | incarnation) }
        return stage.nodes.first { $0.number == number }?.replica ?? ReplicaID(number << 16 | 1)
    }

    /// The group that is meant; the first one of the stage when none is named.
    func group() throws(ScenarioError) -> GroupID {
        GroupID(try number(of: "group", or: stage.settings.groups[0].rawValue))
    }

    func deadline(on node: StageNode) throws(ScenarioError) -> UInt64 {
        node.clock + (try number(of: "within", or: 3_000)) * 1_000_000
    }

    /// The name that an answer is written down under.
    func name(_ kind: String, at node: StageNode) -> String { value(of: "as") ?? "\(kind) at \(node.name)" }

    // MARK: Time

    /// `run MS [until=NAME]`: time passes in ticks of 10 ms, to its end or until the named answer is there. The word
    /// `trace` writes every delivered frame down.
    func run() throws(ScenarioError) {
        guard let first = directive.arguments.first, let time = UInt64(first.key), time <= 600_000 else {
            throw ScenarioError("a time in milliseconds is needed, at most ten minutes")
        }
        stage.isTracing = has("trace")
        defer { stage.isTracing = false }
        let awaited = value(of: "until")
        if let awaited, !stage.isDue(awaited) { throw ScenarioError("no answer \(awaited) is due") }
        for _ in 0..<max(1, time / 10) {
            stage.step()
            if let awaited, !stage.isDue(awaited) { return }
        }
    }

    /// Hands events over. The word `hold` leaves what they cause under way, `trace` writes it down.
    func post(_ events: [ShardEvent], to node: StageNode) throws(ScenarioError) {
        guard node.condition == .up else { throw ScenarioError("\(node.name) does not run") }
        stage.isTracing = has("trace")
        defer { stage.isTracing = false }
        stage.turn(node, events)
        if !has("hold") { stage.settle() }
    }
}
