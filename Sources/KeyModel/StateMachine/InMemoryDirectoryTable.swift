/// The directory's rows in memory: the twin of the stored table, for tests and tools.
package struct InMemoryDirectoryTable: DirectoryTable, Equatable, Sendable {
    private var record: ClusterRecord?
    private var nodeRows = SortedRows<UInt16, DirectoryNode>()
    private var regionRows = SortedRows<RowBytes, Region>()
    private var placementRows = SortedRows<PlacementName, Placement>()
    private var groupRows = SortedRows<UInt64, DirectoryGroup>()

    package init() {}

    package func cluster() -> ClusterRecord? { record }
    package mutating func setCluster(_ record: ClusterRecord) { self.record = record }
    package func node(_ number: UInt16) -> DirectoryNode? { nodeRows[number] }
    package func nodes() -> [DirectoryNode] { nodeRows.rows }
    package mutating func put(_ node: DirectoryNode) { nodeRows[node.number] = node }
    package func region(named name: String) -> Region? { regionRows[RowBytes(name)] }
    package func regions() -> [Region] { regionRows.rows }
    package mutating func put(_ region: Region) { regionRows[RowBytes(region.name)] = region }
    package func placement(_ name: PlacementName) -> Placement? { placementRows[name] }
    package func placements() -> [Placement] { placementRows.rows }
    package mutating func put(_ placement: Placement) { placementRows[placement.name] = placement }
    package func group(_ id: UInt64) -> DirectoryGroup? { groupRows[id] }
    package func groups() -> [DirectoryGroup] { groupRows.rows }
    package mutating func put(_ group: DirectoryGroup) { groupRows[group.id] = group }
}
