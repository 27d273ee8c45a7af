import Chaos
import KeyModel

/// Made-up records of runs, call by call. Times are seconds since the beginning of the load.
struct HistoryBuilder {
    /// An id that all keys of a made-up history have.
    static let id = KeyID(high: 7, low: 9)
    static let other = KeyID(high: 7, low: 10)

    var record: RunRecord
    /// The key that calls are about unless they name another.
    var key = "eu/chaos/k-0"
    /// Whether the nodes' rows are written as they should be.
    var isAudited = true

    init(
        _ loads: [Load.Kind] = [.lifecycle], subject: Scenario.Subject = .claviger, length: Double = 60,
        schedule: [ScheduledFault] = []
    ) {
        let scenario = Scenario(
            name: "made-up", title: "A made-up run.", subject: subject, topology: "topology/local.yaml",
            loads: loads.map { Load($0, placement: "eu", rate: 10) }, length: .seconds(length), schedule: schedule)
        record = RunRecord(scenario: scenario, seed: 1)
    }

    static func time(_ seconds: Double) -> Int64 { Int64((seconds * 1e9).rounded()) }

    /// As figures have it, where times were rounded to nanoseconds.
    static func seconds(_ seconds: Double) -> Double { Double(time(seconds)) / 1e9 }

    var judgement: Judgement { Judgement(of: record) }
    var kinds: [Finding.Kind] { judgement.findings.map(\.kind) }
    func figure(_ measure: Measure) -> Double? { judgement.figures[measure] }

    /// A call with one attempt at the node that answers, and its row. Without a node no attempt is known.
    @discardableResult
    mutating func call(
        _ load: Load.Kind, _ request: ChaosCall.Request, _ from: Double, _ until: Double?,
        _ outcome: ChaosCall.Outcome?, node: String? = nil, client: Int = 0, region: String = "eu-west",
        subject: String? = nil, revision: UInt64? = nil
    ) -> Int {
        let number = record.calls.count
        let attempts = node.map { [ChaosCall.Attempt(id: "c\(number).1", node: $0)] } ?? []
        record.calls.append(
            ChaosCall(
                number: number, load: load, client: client, region: region, subject: subject ?? key, request: request,
                start: Self.time(from), end: until.map(Self.time), outcome: outcome, attempts: attempts, node: node,
                revision: revision))
        if isAudited, let node, record.scenario.subject == .claviger {
            switch outcome {
            case .done: row(number, node, "ok")
            case .refused(let code), .unknown(let code): row(number, node, code)
            case nil: break
            }
        }
        return number
    }

    mutating func row(_ call: Int, _ node: String, _ outcome: String, attempt: Int = 1) {
        row("c\(call).\(attempt)", node, outcome)
    }

    mutating func row(_ id: String, _ node: String, _ outcome: String) {
        record.auditRows.append(
            RunRecord.AuditRow(
                node: node, requestID: id, principal: "spiffe://claviger.local/workload/chaos", action: "encrypt",
                keyName: key, outcome: outcome))
    }

    mutating func event(
        _ at: Double, _ kind: RunRecord.Event.Kind, _ text: String = "", nodes: [String] = [], group: String = "",
        term: UInt64 = 0
    ) {
        record.events.append(
            RunRecord.Event(at: Self.time(at), kind, text, nodes: nodes, group: group, term: term))
    }

    mutating func isolate(_ node: String, _ from: Double, _ until: Double) {
        record.withoutQuorum.append(.init(name: node, from: Self.time(from), until: Self.time(until)))
    }

    mutating func affect(region: String, _ from: Double, _ until: Double) {
        record.affectedRegions.append(.init(name: region, from: Self.time(from), until: Self.time(until)))
    }

    mutating func affect(node: String, _ from: Double, _ until: Double) {
        record.affectedNodes.append(.init(name: node, from: Self.time(from), until: Self.time(until)))
    }

    // MARK: - Keys

    static func facts(
        _ generation: UInt64, primary: UInt32 = 1, _ versions: [KeyState] = [.active],
        tags: [String: String] = [:], isEnabled: Bool = true, id: KeyID = HistoryBuilder.id
    ) -> ChaosCall.KeyFacts {
        ChaosCall.KeyFacts(
            id: id, generation: generation, primary: primary, versions: versions, tags: tags, isEnabled: isEnabled)
    }

    /// A call of the load `lifecycle` that was shown the key.
    @discardableResult
    mutating func shown(
        _ request: ChaosCall.Request, _ from: Double, _ until: Double, _ facts: ChaosCall.KeyFacts, client: Int = 0,
        node: String? = nil, revision: UInt64? = nil
    ) -> Int {
        call(.lifecycle, request, from, until, .done(.key(facts)), node: node, client: client, revision: revision)
    }

    @discardableResult
    mutating func refused(
        _ request: ChaosCall.Request, _ from: Double, _ until: Double, _ code: String, client: Int = 0
    ) -> Int {
        call(.lifecycle, request, from, until, .refused(code: code), client: client)
    }

    @discardableResult
    mutating func unknown(_ request: ChaosCall.Request, _ from: Double, _ until: Double, client: Int = 0) -> Int {
        call(.lifecycle, request, from, until, .unknown(code: "outcomeUnknown"), client: client)
    }

    /// The key is made and its creation found at the end.
    mutating func create(_ from: Double = 0, _ until: Double = 0.1) {
        shown(.create(tags: [:]), from, until, Self.facts(1))
        found(key)
    }

    mutating func found(_ key: String, _ exists: Bool? = true) {
        record.finalReads.append(.init(key: key, exists: exists))
    }

    /// What the last look at the key was told, long after the load's end.
    @discardableResult
    mutating func looked(
        _ outcome: ChaosCall.Outcome, _ request: ChaosCall.Request = .describe(isConfirmed: true),
        subject: String? = nil, node: String? = nil
    ) -> Int {
        call(.look, request, 100, 100.1, outcome, node: node, client: 99, subject: subject)
    }

    // MARK: - Crypto

    @discardableResult
    mutating func encrypted(
        _ from: Double, _ until: Double, version: UInt32 = 1, node: String? = "n1", load: Load.Kind = .crypto,
        region: String = "eu-west", subject: String? = nil
    ) -> Int {
        call(
            load, .encrypt, from, until, .done(.encrypted(id: Self.id, version: version)), node: node, region: region,
            subject: subject)
    }

    mutating func disabled(_ from: Double, _ until: Double) {
        call(.revocation, .disable, from, until, .done(.key(Self.facts(2, isEnabled: false))))
    }

    mutating func enabled(_ from: Double, _ until: Double) {
        call(.revocation, .enable, from, until, .done(.key(Self.facts(3))))
    }
}
