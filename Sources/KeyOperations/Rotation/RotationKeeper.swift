import Audit
import Cluster
package import KeyModel
import KeyReplication
import Peering
import Raft

/// Completes rotations that a caller could not wait for, or whose node died in between: the leader of a placement's
/// group activates what waits, once every holder has it or cannot be fresh without it.
package final class RotationKeeper: Sendable {
    private let service: KeyService
    private let observe: @Sendable (String, PlacementName) -> Void

    /// Time between two looks.
    private static let interval = Duration.milliseconds(250)
    /// A call that rotates completes what it began; this long nobody else needs to, in nanoseconds.
    private static let grace: UInt64 = 1_000_000_000
    /// Most versions that one look completes.
    private static let batch = 64

    package init(service: KeyService, observe: @escaping @Sendable (String, PlacementName) -> Void) {
        self.service = service
        self.observe = observe
        service.cluster.network.serve(.applied) { [weak service] peer, body in
            guard let service else { throw KMSError(.overloaded, "the node is shutting down") }
            return try await HolderQuestion.answer(body, to: peer, at: service)
        }
    }

    /// Works for all placements of this node until cancelled.
    package func run() async {
        while !Task.isCancelled {
            for runtime in service.placements.all { await tend(runtime) }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func tend(_ runtime: PlacementRuntime) async {
        guard let record = runtime.view.placement else { return }
        // In this order: what is seen to wait was written at an earlier time and up to the position read after it.
        let keys = runtime.view.pendingKeys
        let index = runtime.view.position.index.rawValue
        let now = monotonicNanoseconds()
        service.rotations.note(maxStaleness: record.placement.maxStaleness, of: runtime.name, now: now)
        service.rotations.keep(keys.map(\.id), of: runtime.name)
        var waiting: [(name: KeyName, sighting: PendingSighting)] = []
        for key in keys {
            guard let version = key.pendingVersion?.number else { continue }
            let sighting = service.rotations.sight(version, of: key.id, in: runtime.name, index: index, now: now)
            if key.isEnabled, sighting.age(at: now) >= Self.grace { waiting.append((key.name, sighting)) }
        }
        guard runtime.gauge.isLeader, !waiting.isEmpty else { return }
        await complete(Array(waiting.prefix(Self.batch)), at: runtime)
    }

    private func complete(_ waiting: [(name: KeyName, sighting: PendingSighting)], at runtime: PlacementRuntime) async {
        let index = waiting.map(\.sighting.index).max() ?? 0
        let question = HolderQuestion(placement: runtime.name, index: index, service: service)
        let left = await question.unanswered(of: runtime.view.holders, timeout: .seconds(1))
        for (name, sighting) in waiting where !Task.isCancelled {
            let isOver = monotonicNanoseconds() >= service.rotations.expiry(of: sighting, in: runtime.name)
            guard left.isEmpty || isOver else { continue }
            do {
                try await activate(sighting.version, of: name, at: runtime)
            } catch {
                return observe("\(error)", runtime.name)
            }
        }
    }

    private func activate(_ version: KeyVersionNumber, of name: KeyName, at runtime: PlacementRuntime)
        async throws(KMSError)
    {
        let context = RequestContext(
            requestID: RequestContext.ownID("rotation"), principal: "node/\(service.node)", source: "", door: "keeper",
            receivedAt: monotonicNanoseconds(), deadline: .now + .seconds(5))
        _ = try await service.audited(.rotateKey, in: context) { record in
            record.describe(name)
            record.authentication = ""
            record.decision = .allow
            record.rules = ["rotation"]
            record.keyVersion = version.rawValue
            record.effect = "version \(version) activated after its rotation was called"
            return try await self.service.activate(version, of: name, at: runtime, in: context, record: &record)
        }
    }
}
