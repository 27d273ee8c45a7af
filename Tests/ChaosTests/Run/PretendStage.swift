import Chaos
import ClientAPI
import NIOCore
import NIOPosix
import Synchronization

/// Three nodes in three regions that only write down what is done to them. Time stands still unless a test moves it.
final class PretendStage: ChaosStage {
    struct State {
        var log: [String] = []
        var now: Int64 = 0
        var leader = "n1"
        /// What cannot be done, by the first word of its line in the log.
        var broken: Set<String> = []
        /// A start goes on until it is open.
        var starting: Gate?
        var network: [Int: NetworkFault] = [:]
        var last = 0
    }

    let nodes = ["n1", "n2", "n3"]
    let state = Mutex(State())

    var log: [String] { state.withLock { $0.log } }
    /// Faults of the network that are active, in their order.
    var faults: [NetworkFault] { state.withLock { $0.network.sorted { $0.key < $1.key }.map(\.value) } }

    /// Seconds since the beginning of the load.
    func tick(_ seconds: Double) { state.withLock { $0.now = HistoryBuilder.time(seconds) } }

    func lead(_ node: String) { state.withLock { $0.leader = node } }

    func refuse(_ what: String) { state.withLock { _ = $0.broken.insert(what) } }

    private func note(_ what: String, _ nodes: [String] = [], _ rest: String = "") throws {
        let line = ([what] + nodes + (rest.isEmpty ? [] : [rest])).joined(separator: " ")
        let isBroken = state.withLock { state in
            state.log.append(line)
            return state.broken.contains(what)
        }
        if isBroken { throw ChaosError(what, "cannot be done here") }
    }

    // MARK: - Who is where

    func region(of node: String) -> String { "region-\(node)" }
    func regions(of placement: String) -> [String] { nodes.map(region(of:)) }
    func nodes(of placement: String) -> [String] { nodes }
    var now: Int64 { state.withLock { $0.now } }
    var version: String { "pretend" }

    func resolve(_ targets: [Target]) async throws -> Whereabouts {
        let leader = state.withLock { $0.leader }
        var place = Whereabouts()
        for target in targets {
            switch target {
            case .node(let name): place.nodes.append(name)
            case .region(let region): place.nodes += nodes.filter { self.region(of: $0) == region }
            case .clients(let region): place.clients.append(region)
            case .leader: place.nodes.append(leader)
            case .followers(_, let count): place.nodes += nodes.filter { $0 != leader }.suffix(count)
            case .holders, .all: place.nodes += nodes
            case .same: throw ChaosError("same", "was to be resolved before")
            }
        }
        return place
    }

    // MARK: - What is done

    func start() async throws {}
    func end() async {}
    func observe(_ body: @escaping @Sendable (RunRecord.Event) -> Void) {}
    func beginClock() {}

    func kill(_ nodes: [String]) async throws { try note("kill", nodes) }
    func losePower(_ nodes: [String]) async throws { try note("losePower", nodes) }
    func stop(_ nodes: [String]) async throws { try note("stop", nodes) }
    func start(_ nodes: [String]) async throws {
        try note("start", nodes)
        await state.withLock { $0.starting }?.wait(atMost: .seconds(5))
        try note("ready", nodes)
    }
    func pause(_ nodes: [String]) throws { try note("pause", nodes) }
    func resume(_ nodes: [String]) throws { try note("resume", nodes) }
    func slowProcessor(_ nodes: [String], share: Double?) throws {
        try note("processor", nodes, share.map { "\($0)" } ?? "whole")
    }
    func wipe(_ nodes: [String]) async throws { try note("wipe", nodes) }
    func rejoin(_ node: String) async throws { try note("rejoin", [node]) }
    func transfer(placement: String, to node: String) async throws { try note("transfer", [node]) }

    func disturb(_ fault: NetworkFault) throws -> Int {
        try note("disturb")
        return state.withLock { state in
            state.last += 1
            state.network[state.last] = fault
            return state.last
        }
    }
    func mend(_ number: Int) { state.withLock { $0.network[number] = nil } }
    func mendAll() { state.withLock { $0.network = [:] } }

    func apply(_ fault: DiskFault, to nodes: [String]) throws { try note("disk", nodes, "\(fault)") }
    func stepClock(of nodes: [String], by step: Duration) throws { try note("clock", nodes, "\(step)") }
    func setClockRate(of nodes: [String], _ rate: Double) throws { try note("rate", nodes, "\(rate)") }
    func resetFaults(of nodes: [String]) throws { try note("reset", nodes) }

    func pull(placement: String, from nodes: [String], ciphertexts: [[UInt8]]) async throws -> [String] { [] }
    func leakScan(
        patterns: [(label: String, bytes: [UInt8], placement: String)]
    ) async throws -> [String] { [] }
    func auditRows() async throws -> (rows: [RunRecord.AuditRow], unreadable: Set<String>) { ([], []) }

    // MARK: - Clients, of which there are none

    func client(in region: String) async throws -> ClavigerClient { throw ChaosError(region, "has no clients") }
    func socket(in region: String, placement: String) throws -> String { throw ChaosError(region, "has no plugin") }
    func eventLoop(in region: String) -> any EventLoop { MultiThreadedEventLoopGroup.singleton.any() }
    func etcdEndpoints(in region: String) -> [(host: String, port: Int)] { [] }
}
