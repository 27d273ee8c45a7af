package import Cluster
package import KeyModel
package import Raft
package import Storage

/// The directory's state machine on its replicated table.
package final class DirectoryReplica: ReplicatedStateMachine {
    package let view: DirectoryView

    private let enforcement: PlacementEnforcement

    /// `enforcement` is switched off by tests of the other locks only.
    package init(view: DirectoryView = DirectoryView(), enforcement: PlacementEnforcement = .strict) {
        self.view = view
        self.enforcement = enforcement
    }

    package func apply(_ payload: [UInt8], at position: LogPosition, to tables: inout TableTransaction) -> ApplyResult {
        let command: DirectoryCommand
        do throws(CodecError) {
            command = try DirectoryCommandCodec.decode(payload)
        } catch {
            return .halt("the entry at \(position.index.rawValue) is not understood: \(error.reason)")
        }
        var table = StoredDirectoryTable()
        swap(&table.rows.transaction, &tables)
        let outcome = DirectoryStateMachine.apply(
            command, at: (position.term.rawValue, position.index.rawValue), to: &table, enforcement: enforcement)
        swap(&table.rows.transaction, &tables)
        if let damage = table.rows.damage { return .halt(damage) }
        return .outcome(outcome)
    }

    /// A replica joins only as the present incarnation of a node in service. Leaving is always admitted.
    package func admits(_ change: MembershipProposal, in tables: inout TableTransaction) -> Bool? {
        var table = StoredDirectoryTable()
        swap(&table.rows.transaction, &tables)
        defer { swap(&table.rows.transaction, &tables) }
        let areAdmitted = change.added.allSatisfy { replica in
            guard ReplicaNumber.isLegal(replica.rawValue), let node = table.node(ReplicaNumber.node(replica.rawValue))
            else { return false }
            return !node.isRemoved && node.replica == replica.rawValue
        }
        return table.rows.damage == nil ? areAdmitted : nil
    }

    package func didCommit(_ changes: TableChanges, at position: LogPosition) { view.update(changes, at: position) }
    package func didLoad(_ table: any TableReader, at position: LogPosition) { view.load(table, at: position) }
}
