package import KeyModel
import KeyReplication
package import Synchronization

/// The five locks that keep a key inside its placement. Each is enough alone; tests open four and show that the fifth
/// holds.
package enum SovereigntyLocks: String, CaseIterable, Sendable {
    /// At the call: the directory takes no group outside its placement, and doors outside serve no plaintext.
    case admission
    /// In apply: `KeyReplica` refuses holders and members outside, alike on every replica.
    case apply
    /// Before a payload, snapshot or epoch key leaves for a peer.
    case send
    /// Before anything of a group is taken in.
    case receive
    /// Epoch keys exist at permitted holders only, so rows that stray are unreadable.
    case wrap

    /// For tests only: what is named here no longer checks. Empty in every program.
    package static let opened = Mutex<Set<SovereigntyLocks>>([])

    var isOpened: Bool { Self.opened.withLock { $0.contains(self) } }

    /// Whether a node whose certificate names `region` may hold the placement.
    package func permits(region: String, of runtime: PlacementRuntime, in directory: DirectoryState) -> Bool {
        guard let placement = runtime.view.placement?.placement ?? directory.placement(runtime.name) else {
            return false
        }
        return permits(region: region, placement: placement, in: directory)
    }

    /// Whether a node whose certificate names `region` may hold the placement.
    package func permits(region: String, placement: Placement, in directory: DirectoryState) -> Bool {
        if isOpened { return true }
        guard let place = directory.region(named: region) else { return false }
        return placement.permits(region: place)
    }
}
