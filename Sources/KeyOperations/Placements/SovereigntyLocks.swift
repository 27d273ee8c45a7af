package import KeyModel
package import KeyReplication
package import Synchronization

/// The locks of this module: checks of a certified region against a placement at sending and at receiving.
///
/// Admission and apply are locks of `KeyModel`; wrapping is one of `KeyCrypto`. Each is enough alone; a test opens four of the
/// five and shows that the last one holds.
package enum SovereigntyLocks: String, CaseIterable, Sendable {
    /// Before a payload, snapshot or epoch key leaves for a peer.
    case send
    /// Before anything of a group is taken in.
    case receive

    /// For tests only: what is named here no longer checks. Empty in every program.
    package static let opened = Mutex<Set<SovereigntyLocks>>([])

    /// Whether a node whose certificate names `region` may hold the placement.
    package func permits(region: String, of runtime: PlacementRuntime, in directory: DirectoryState) -> Bool {
        guard let placement = runtime.view.placement?.placement ?? directory.placement(runtime.name) else { return false }
        return permits(region: region, placement: placement, in: directory)
    }

    /// Whether a node whose certificate names `region` may hold the placement.
    package func permits(region: String, placement: Placement, in directory: DirectoryState) -> Bool {
        if Self.opened.withLock({ $0.contains(self) }) { return true }
        guard let place = directory.region(named: region) else { return false }
        return placement.permits(region: place)
    }
}
