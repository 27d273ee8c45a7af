package import Cluster
package import KeyModel
package import KeyReplication
package import Raft
import Synchronization

/// One placement that this node holds: its group, its rows in memory, how fresh they are.
package final class PlacementRuntime: Sendable {
    package let name: PlacementName
    package let group: GroupID
    package let view: KeyView
    package let gauge: GroupGauge

    package init(name: PlacementName, group: GroupID, view: KeyView, gauge: GroupGauge) {
        self.name = name
        self.group = group
        self.view = view
        self.gauge = gauge
    }

    /// How long ago the rows were confirmed, in nanoseconds; nil if never or if the replica stopped.
    package func age(now: UInt64) -> UInt64? {
        guard !gauge.isStopped, gauge.freshAt != 0 else { return nil }
        return now > gauge.freshAt ? now - gauge.freshAt : 0
    }
}

/// The placements of this node by name. Read on every call, changed almost never.
package final class PlacementTable: Sendable {
    private let table = Mutex<[PlacementName: PlacementRuntime]>([:])

    package init() {}

    package subscript(name: PlacementName) -> PlacementRuntime? { table.withLock { $0[name] } }
    package var all: [PlacementRuntime] { table.withLock { $0.values.sorted { $0.name < $1.name } } }
    /// Adds or replaces a placement.
    package func insert(_ runtime: PlacementRuntime) { table.withLock { $0[runtime.name] = runtime } }
    package func remove(_ name: PlacementName) { table.withLock { $0[name] = nil } }
}
