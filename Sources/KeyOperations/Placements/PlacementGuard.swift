import Cluster
import KeyModel
import KeyReplication
import Raft

/// The third and fourth lock for consensus: a placement's entries and snapshots go only to peers whose certified region
/// it permits, and this node takes them in only from such a peer, and only if its own region is permitted.
///
/// A yes may be remembered: neither the jurisdictions of a placement nor those of a region ever change.
final class PlacementGuard: GroupGuard {
    private let directory: DirectoryView
    private let region: String

    init(directory: DirectoryView, region: String) {
        self.directory = directory
        self.region = region
    }

    func maySend(_ group: GroupID, toRegion region: String) -> Bool {
        SovereigntyLocks.send.permits(region: region, group: group, in: directory.state)
    }
    func mayReceive(_ group: GroupID, fromRegion sender: String) -> Bool {
        let state = directory.state
        return [region, sender].allSatisfy {
            SovereigntyLocks.receive.permits(region: $0, group: group, in: state)
        }
    }
}

extension SovereigntyLocks {
    /// The directory's group holds no key material and is everybody's; a group that the directory does not know is
    /// nobody's.
    fileprivate func permits(region: String, group: GroupID, in state: DirectoryState) -> Bool {
        if group == DirectoryController.group { return true }
        guard let placement = state.group(group.rawValue).flatMap({ state.placement($0.placement) }) else {
            return false
        }
        return permits(region: region, placement: placement, in: state)
    }
}
