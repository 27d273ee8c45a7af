package import KeyModel

/// The rows of the directory in its replicated table.
package struct StoredDirectoryTable: DirectoryTable {
    package var rows = StoredRows()

    package init() {}

    package mutating func cluster() -> ClusterRecord? { rows.row(RowKey.single(.cluster)) }
    package mutating func setCluster(_ record: ClusterRecord) { rows.put(record, at: RowKey.single(.cluster)) }

    package mutating func node(_ number: UInt16) -> DirectoryNode? { rows.row(RowKey.number(.node, number)) }
    package mutating func nodes() -> [DirectoryNode] { rows.rows(.node) }
    package mutating func put(_ node: DirectoryNode) { rows.put(node, at: RowKey.number(.node, node.number)) }

    package mutating func region(named name: String) -> Region? {
        rows.bucket(RowKey.digest(.regions, name.utf8)).first { NameRules.same($0.name, name) }
    }
    package mutating func regions() -> [Region] {
        rows.buckets(.regions).sorted { NameRules.precedes($0.name, $1.name) }
    }
    package mutating func put(_ region: Region) {
        rows.put(region, inBucket: RowKey.digest(.regions, region.name.utf8)) { NameRules.same($0.name, region.name) }
    }

    package mutating func placement(_ name: PlacementName) -> Placement? {
        rows.bucket(RowKey.digest(.placements, name.rawValue.utf8)).first { $0.name == name }
    }
    package mutating func placements() -> [Placement] { rows.buckets(.placements).sorted { $0.name < $1.name } }
    package mutating func put(_ placement: Placement) {
        rows.put(placement, inBucket: RowKey.digest(.placements, placement.name.rawValue.utf8)) {
            $0.name == placement.name
        }
    }

    package mutating func group(_ id: UInt64) -> DirectoryGroup? { rows.row(RowKey.number(.group, id)) }
    package mutating func groups() -> [DirectoryGroup] { rows.rows(.group) }
    package mutating func put(_ group: DirectoryGroup) { rows.put(group, at: RowKey.number(.group, group.id)) }
}
