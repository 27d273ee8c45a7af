import Cluster
package import KeyModel
import KeyReplication
import Raft

/// What this node does not find may have been made at another holder a moment ago. Saying so is rare and not urgent, so
/// a quorum is asked first.
extension KeyService {
    /// Longest time that a "there is none" waits for a quorum.
    private static let confirmationLimit = Duration.seconds(1)

    /// Brings these placements up to what was acknowledged anywhere when this was called, if a quorum answers within a
    /// second and half of the caller's time. The context to ask again with says whether one did.
    package func confirm(_ names: [PlacementName], in context: RequestContext) async -> RequestContext {
        var context = context
        context.look = .confirmed
        for name in names {
            guard let runtime = placements[name] else { continue }
            let limit = min(Self.confirmationLimit, context.remaining / 2)
            if (try? await cluster.barrier(runtime.group, timeout: limit)) == nil { context.look = .unconfirmed }
        }
        return context
    }

    /// Waits until a quorum has confirmed what is applied here. Throws `noLeader` if none does in the caller's time.
    func confirm(_ runtime: PlacementRuntime, in context: RequestContext) async throws(KMSError) {
        do {
            _ = try await cluster.barrier(runtime.group, timeout: context.remaining)
        } catch {
            throw KMSError(.noLeader, "no quorum confirms the state of placement \(runtime.name) now", cause: error)
        }
    }

    /// The key by its name; nil after a quorum was asked, too, where one answers.
    func find(_ name: KeyName, at runtime: PlacementRuntime, in context: RequestContext) async -> Key? {
        await look(for: name, at: runtime, in: context).key
    }

    /// The key that is to be changed; nil when a quorum says that there is none. Throws `noLeader` where none says so:
    /// a node that is cut off must not refuse a change for what it has not heard of.
    func findForChange(
        _ name: KeyName, at runtime: PlacementRuntime, in context: RequestContext
    ) async throws(KMSError) -> Key? {
        let (key, isKnown) = await look(for: name, at: runtime, in: context)
        guard isKnown else {
            throw KMSError(.noLeader, "no quorum confirms now that placement \(runtime.name) has no such key")
        }
        return key
    }

    /// The key, and whether what is said of it is known: it is here, or a quorum was asked.
    private func look(
        for name: KeyName, at runtime: PlacementRuntime, in context: RequestContext
    ) async -> (key: Key?, isKnown: Bool) {
        if let entry = runtime.view.key(named: name) { return (entry.key, true) }
        let asked = await confirm([name.placement], in: context)
        let key = runtime.view.key(named: name)?.key
        return (key, key != nil || asked.look == .confirmed)
    }
}
