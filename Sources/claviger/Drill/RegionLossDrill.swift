import ClientAPI
import FoundationEssentials
import NIOCore
import Synchronization
import Topology

/// The loss of a region, played gently: its nodes leave service for a limited time while probes go on.
final class RegionLossDrill: Sendable {
    /// How long callers may be without an answer.
    struct Bounds: Sendable {
        let writes: Duration
        let crypto: Duration
    }

    private let plan: DrillPlan
    /// Tells nodes to leave and to come back; no probe waits behind it.
    private let control: ClavigerClient
    private let probes: [DrillProbe]
    private let clients: [ClavigerClient]
    private let bounds: Bounds
    private let hold: Duration
    private let around: Duration
    private let began: ContinuousClock.Instant
    private let started = Date()
    private let problems = Mutex<[String]>([])
    /// Nodes that were told to leave and not yet to come back.
    private let away = Mutex<Set<String>>([])

    /// A node comes back by itself so much later than it would be told to.
    private static let grace: Duration = .seconds(15)
    private static let patience = TimeAmount.seconds(10)

    private init(
        plan: DrillPlan, control: ClavigerClient, probes: [DrillProbe], clients: [ClavigerClient], bounds: Bounds,
        hold: Duration, around: Duration, began: ContinuousClock.Instant
    ) {
        self.plan = plan
        self.control = control
        self.probes = probes
        self.clients = clients
        self.bounds = bounds
        self.hold = hold
        self.around = around
        self.began = began
    }

    /// Makes the drill's keys and a client for each region. `connect` makes a client that prefers the regions given.
    static func prepare(
        _ plan: DrillPlan, control: ClavigerClient, bounds: Bounds, hold: Duration, around: Duration,
        connect: ([String]) async throws -> ClavigerClient
    ) async throws -> RegionLossDrill {
        for placement in plan.placements { try await DrillKey.make(in: placement.name, control) }
        var byRegion: [String: ClavigerClient] = [:]
        do {
            for region in plan.placements.flatMap(plan.regions) where byRegion[region] == nil {
                byRegion[region] = try await connect([region])
            }
            let began = ContinuousClock.now
            var probes: [DrillProbe] = []
            for placement in plan.placements {
                let key = DrillKey.name(in: placement.name)
                let regions = plan.regions(of: placement)
                let staying = regions.first { $0 != plan.region } ?? plan.region
                for (kind, region, place) in [(DrillOutcome.Kind.writes, "", staying)]
                    + regions.map({ (.crypto, $0, $0) })
                {
                    guard let client = byRegion[place] else { continue }
                    probes.append(
                        DrillProbe(
                            kind, placement: placement.name, region: region, client: client, key: key, began: began))
                }
            }
            return RegionLossDrill(
                plan: plan, control: control, probes: probes, clients: Array(byRegion.values), bounds: bounds,
                hold: hold, around: around, began: began)
        } catch {
            for client in byRegion.values { await client.close() }
            throw error
        }
    }

    /// Plays it. Whatever ends it, nodes are back in service, or will be when their time is over. Throws when it was
    /// interrupted.
    func run() async throws -> DrillOutcome {
        do {
            let (fault, end) = try await DemoInterruption().guardRun { try await self.play() }
            await comeBack()
            noteAway()
            let outcome = await outcome(fault: fault, end: end)
            for client in clients { await client.close() }
            return outcome
        } catch {
            // This task was not cancelled, so that these calls go out.
            await comeBack()
            noteAway()
            for client in clients { await client.close() }
            let open = problems.withLock { $0 }
            throw CommandFailure(
                open.isEmpty
                    ? "\(error); all nodes are back in service" : "\(error); \(open.joined(separator: "; "))")
        }
    }

    /// When the first node left and when the probes ended, in seconds since the beginning.
    private func play() async throws -> (fault: Double, end: Double) {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for probe in probes { group.addTask { await probe.run() } }
            defer { for probe in probes { probe.end() } }
            Console.progress("probes run")
            try await Task.sleep(for: around)
            let fault = now
            Console.progress("\(plan.leaving.joined(separator: ", ")) leave service")
            await leave()
            try await Task.sleep(for: hold)
            Console.progress("\(plan.leaving.joined(separator: ", ")) come back")
            await comeBack()
            try await Task.sleep(for: around)
            let end = now
            for probe in probes { probe.end() }
            try await group.waitForAll()
            return (fault, end)
        }
    }

    private var now: Double { (ContinuousClock.now - began) / .seconds(1) }

    // MARK: - Leaving and coming back

    private func leave() async {
        let time = UInt32((hold + Self.grace) / .seconds(1))
        await withDiscardingTaskGroup { group in
            for node in plan.leaving {
                // Also if the answer is lost: it may have left.
                _ = away.withLock { $0.insert(node) }
                group.addTask {
                    do throws(ClientError) {
                        _ = try await self.control.isolateNode(node, seconds: time, timeout: Self.patience)
                    } catch {
                        self.problems.withLock { $0.append("\(node) did not leave service: \(error)") }
                    }
                }
            }
        }
    }

    /// Tells those that are away, a few times each. May be called more than once.
    private func comeBack() async {
        await withDiscardingTaskGroup { group in
            for node in away.withLock({ $0 }) {
                group.addTask {
                    for attempt in 0..<3 {
                        if attempt > 0 { try? await Task.sleep(for: .milliseconds(500)) }
                        let answer = try? await self.control.isolateNode(node, seconds: 0, timeout: Self.patience)
                        guard answer == nil else {
                            _ = self.away.withLock { $0.remove(node) }
                            return
                        }
                    }
                }
            }
        }
    }

    private func noteAway() {
        for node in away.withLock({ $0.sorted() }) {
            problems.withLock { $0.append("\(node) could not be told to come back, and does so when its time is over") }
        }
    }

    // MARK: - What came out

    private func outcome(fault: Double, end: Double) async -> DrillOutcome {
        var written: [DrillOutcome.Written] = []
        for probe in probes where probe.kind == .writes { written.append(await probe.written()) }
        let rows = probes.map { probe in
            let bound = probe.kind == .writes ? bounds.writes : bounds.crypto
            return probe.row(bound: bound / .seconds(1), fault: fault, end: end)
        }
        return DrillOutcome(
            drill: "region-loss", region: plan.region, started: started.timeIntervalSince1970.rounded(),
            isolated: plan.leaving, rows: rows, written: written, problems: problems.withLock { $0 })
    }
}
