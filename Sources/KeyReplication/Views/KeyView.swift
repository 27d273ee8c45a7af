package import KeyModel
package import Raft
package import Storage
import Synchronization

/// A placement group's committed rows in memory, for readers on any thread. One short lock per look-up; what comes out
/// is immutable. It follows `didCommit` and `didLoad`, so it never shows what is not committed.
package final class KeyView: Sendable {
    private let state = Mutex(KeyViewState())

    package init() {}

    // MARK: - Keys

    /// All that a request for the named key needs, from one commit.
    package func snapshot(named name: KeyName) -> KeySnapshot? {
        state.withLock { state in state.names[name].flatMap { state.snapshot(of: $0) } }
    }

    /// All that a request for the key needs, from one commit.
    package func snapshot(_ id: KeyID) -> KeySnapshot? {
        state.withLock { state in state.keys[id].flatMap { state.snapshot(of: $0) } }
    }

    package func key(named name: KeyName) -> KeyEntry? { state.withLock { $0.names[name] } }
    package func key(_ id: KeyID) -> KeyEntry? { state.withLock { $0.keys[id] } }
    /// Keys with a version that waits for its activation, by name.
    package var pendingKeys: [Key] { state.withLock { $0.pending.rows } }
    package var keyCount: Int { state.withLock { $0.order.count } }

    /// At most `limit` keys in order of their names, after `after` where given, whose full name begins with `prefix`.
    package func keys(withPrefix prefix: String = "", after: KeyName? = nil, limit: Int) -> [KeyEntry] {
        state.withLock { $0.page(prefix: prefix, after: after, limit: limit) }
    }

    // MARK: - The rest

    package func tenant(_ name: TenantName) -> Tenant? { state.withLock { $0.tenants[name] } }
    /// By name.
    package var tenants: [Tenant] { state.withLock { Array($0.tenants.values) }.sorted { $0.name < $1.name } }
    package func epoch(_ number: EpochNumber) -> Epoch? { state.withLock { $0.epochs[number] } }
    /// By number.
    package var epochs: [Epoch] { state.withLock { $0.epochs.rows } }
    package var epochLedger: EpochLedger { state.withLock { $0.ledger } }
    /// By replica.
    package var holders: [Holder] { state.withLock { $0.holders.rows } }
    package func holder(_ replica: UInt64) -> Holder? { state.withLock { $0.holders[replica] } }
    package var policies: CompiledPolicies { state.withLock { $0.policies } }
    /// Nil before the group was tied to its placement.
    package var placement: PlacementRecord? { state.withLock { $0.placement } }
    package var featureLevel: UInt32 { state.withLock { $0.featureLevel } }
    /// How far the view has followed the log.
    package var position: LogPosition { state.withLock { $0.position } }
    /// Why the view cannot be trusted, or nil. Whoever serves from it must refuse then.
    package var damage: String? { state.withLock { $0.damage } }

    // MARK: - Following

    /// Takes over what a commit changed. `decoded` has the keys among it that the caller knows decoded already.
    package func update(_ changes: TableChanges, decoded: [KeyID: KeyEntry] = [:], at position: LogPosition) {
        state.withLock { state in
            for write in changes.writes { state.take(write.key, write.value, decoded: decoded) }
            state.finish(at: position)
        }
    }

    /// Takes over a whole table. Readers keep the old rows until it is read.
    package func load(_ table: any TableReader, at position: LogPosition) {
        var fresh = KeyViewState()
        fresh.isLoading = true
        do throws(StorageError) {
            var after: [UInt8]?
            while true {
                let rows = try table.rows(withPrefix: [], after: after, limit: 1024)
                for row in rows { fresh.take(row.key, row.value) }
                guard rows.count == 1024, let last = rows.last else { break }
                after = last.key
            }
        } catch {
            fresh.damage = "the table cannot be read"
        }
        fresh.finish(at: position)
        let loaded = fresh
        state.withLock { $0 = loaded }
    }
}
