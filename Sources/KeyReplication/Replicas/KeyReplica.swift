package import Cluster
package import KeyModel
package import Raft
package import Storage

/// A placement group's state machine on its replicated table. Called on the shard's thread only; `view` serves every
/// thread.
package final class KeyReplica: ReplicatedStateMachine {
    package let view: KeyView

    private let enforcement: PlacementEnforcement
    private let highestFeatureLevel: UInt32
    private let image: KeyImage

    /// `enforcement` is switched off by tests of the other locks only; another `highestFeatureLevel` than this
    /// program's stands for an older or newer program in simulation.
    package init(
        view: KeyView = KeyView(), enforcement: PlacementEnforcement = .strict,
        highestFeatureLevel: UInt32 = KeyStateMachine.highestFeatureLevel
    ) {
        self.view = view
        self.enforcement = enforcement
        self.highestFeatureLevel = highestFeatureLevel
        image = KeyImage(view: view)
    }

    package func apply(_ payload: [UInt8], at position: LogPosition, to tables: inout TableTransaction) -> ApplyResult {
        if let damage = image.damage { return .halt(damage) }
        let command: KeyCommand
        do throws(CodecError) {
            command = try KeyCommandCodec.decode(payload)
        } catch {
            return .halt("the entry at \(position.index.rawValue) is not understood: \(error.reason)")
        }
        guard KeyStateMachine.understands(command, upTo: highestFeatureLevel) else {
            return .halt(
                "the entry at \(position.index.rawValue) asks for a feature level that this program does not have")
        }
        var table = StoredKeyTable(image)
        swap(&table.rows.transaction, &tables)
        let outcome = KeyStateMachine.apply(
            command, at: (position.term.rawValue, position.index.rawValue), to: &table, enforcement: enforcement)
        swap(&table.rows.transaction, &tables)
        if let damage = table.rows.damage { return .halt(damage) }
        return .outcome(outcome)
    }

    /// The second lock for members: a replica joins only if it is a holder, under jurisdictions that the placement
    /// allows.
    package func admits(_ change: MembershipProposal, in tables: inout TableTransaction) -> Bool? {
        var table = StoredKeyTable(image)
        swap(&table.rows.transaction, &tables)
        defer { swap(&table.rows.transaction, &tables) }
        let isAdmitted = admits(change, by: &table)
        return image.damage == nil && table.rows.damage == nil ? isAdmitted : nil
    }

    private func admits(_ change: MembershipProposal, by table: inout StoredKeyTable) -> Bool {
        for replica in change.added {
            guard let record = table.placement(), let holder = table.holder(replica.rawValue),
                enforcement == .off || record.placement.permits(jurisdictions: holder.jurisdictions)
            else { return false }
        }
        let holders = table.holders()
        let isOneLeft = holders.contains { holder in !change.removed.contains { $0.rawValue == holder.replica } }
        return change.removed.isEmpty || isOneLeft
    }

    package func didCommit(_ changes: TableChanges, at position: LogPosition) {
        view.update(changes, decoded: image.keys, at: position)
        image.committed()
    }

    package func didLoad(_ table: any TableReader, at position: LogPosition) {
        view.load(table, at: position)
        image.load(table)
    }
}
