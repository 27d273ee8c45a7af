import ClientAPI
import NIOCore
import Synchronization

/// What the loads of a run share: the ground, the history, the clients, and when to stop.
final class LoadContext: Sendable {
    let ground: any LoadGround
    let recorder: HistoryRecorder
    let seed: UInt64
    private let stopFlag = Atomic<Bool>(false)
    private let numbers = Atomic<Int>(0)
    private let writes = Atomic<Int>(0)
    private let clients = Mutex<[String: ClavigerClient]>([:])
    /// By node.
    private let nodeRegions = Mutex<[String: String]>([:])

    init(ground: any LoadGround, recorder: HistoryRecorder, seed: UInt64) {
        self.ground = ground
        self.recorder = recorder
        self.seed = seed
    }

    var isStopped: Bool { stopFlag.load(ordering: .relaxed) }
    func stop() { stopFlag.store(true, ordering: .relaxed) }

    /// Numbers the clients of a run.
    func newClient() -> Int { numbers.add(1, ordering: .relaxed).oldValue }

    /// Numbers the names of what is written once: two loads of one placement make no name twice.
    func newWrite() -> Int { writes.add(1, ordering: .relaxed).oldValue }

    func randomness(_ stream: UInt64) -> LoadRandomness { LoadRandomness(seed: seed, stream: stream) }

    // MARK: - Clients

    /// Where a load's callers are.
    func regions(of load: Load) -> [String] {
        load.regions.isEmpty ? ground.regions(of: load.placement) : load.regions
    }

    func isEtcd(_ load: Load) -> Bool { regions(of: load).contains { !ground.etcdEndpoints(in: $0).isEmpty } }

    /// The client of a purpose in a region, made when it is first asked for. Purposes do not share connections, so that
    /// one load's trouble is not another's.
    func client(for purpose: String, in region: String) async throws -> ClavigerClient {
        let name = "\(purpose)/\(region)"
        if let known = clients.withLock({ $0[name] }) { return known }
        let new = try await ground.client(in: region)
        let (kept, spare) = clients.withLock { clients -> (ClavigerClient, ClavigerClient?) in
            if let known = clients[name] { return (known, new) }
            clients[name] = new
            return (new, nil)
        }
        await spare?.close()
        return kept
    }

    /// Ends all connections.
    func closeClients() async {
        let open = clients.withLock { clients in
            defer { clients = [:] }
            return clients.values
        }
        for client in open { await client.close() }
    }

    /// Learns in which region each node is.
    func learnNodes(from client: ClavigerClient) async throws(ClientError) {
        let answer = try await client.describeFederation(timeout: .seconds(5))
        nodeRegions.withLock { regions in for node in answer.nodes { regions[node.name] = node.region } }
    }

    /// The region of a node, so that it is asked from nearby: whoever is cut off with it still reaches it. Of a node
    /// that nobody told of the placement's first region.
    func region(ofNode node: String, of placement: String) -> String {
        nodeRegions.withLock { $0[node] } ?? ground.regions(of: placement).first ?? ""
    }

    // MARK: - Paces

    /// Starts a call whenever one is due, however many are still open, until the loads stop or `isOver`. Returns when
    /// the last of them has ended.
    func pace(
        _ rate: Double, isOver: @escaping @Sendable () -> Bool = { false },
        _ body: @escaping @Sendable (Int) async -> Void
    ) async {
        guard rate > 0 else { return }
        let start = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            var number = 0
            while await pause(until: start + .nanoseconds(Int64(Double(number) * 1e9 / rate)), isOver: isOver) {
                let taken = number
                group.addTask { await body(taken) }
                number += 1
            }
        }
    }

    /// The clients of a load beside each other, so many in each region; each gets its number, its region and its share
    /// of the rate.
    func runClients(of load: Load, _ body: @escaping @Sendable (Int, String, Double) async -> Void) async {
        let (regions, each) = (regions(of: load), max(1, load.clients))
        let rate = load.rate / Double(max(1, regions.count * each))
        await withDiscardingTaskGroup { group in
            for region in regions {
                for _ in 0..<each {
                    let client = newClient()
                    group.addTask { await body(client, region, rate) }
                }
            }
        }
    }

    /// One call at a time, `rate` of them a second at most, until the loads stop.
    func repeatCalls(_ rate: Double, _ body: (Int) async -> Void) async {
        guard rate > 0 else { return }
        let interval = Duration.nanoseconds(Int64(1e9 / rate))
        var due = ContinuousClock.now
        var number = 0
        while await pause(until: due) {
            await body(number)
            number += 1
            // What a slow call kept from being made is not made up for.
            due = max(due + interval, .now)
        }
    }

    /// Waits, in steps short enough to notice the end. False if it is over.
    func pause(
        until moment: ContinuousClock.Instant, isOver: @Sendable () -> Bool = { false }
    ) async -> Bool {
        while true {
            if isStopped || Task.isCancelled || isOver() { return false }
            let now = ContinuousClock.now
            guard moment > now else { return true }
            try? await Task.sleep(until: min(moment, now + .milliseconds(100)), clock: .continuous)
        }
    }
}
