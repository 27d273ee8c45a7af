/// The rows of the directory, as apply reads and writes them. As with `KeyTable`, nothing throws.
package protocol DirectoryTable {
    /// Nil before `bootstrap`.
    mutating func cluster() -> ClusterRecord?
    mutating func setCluster(_ record: ClusterRecord)
    mutating func node(_ number: UInt16) -> DirectoryNode?
    /// By number, removed ones included.
    mutating func nodes() -> [DirectoryNode]
    mutating func put(_ node: DirectoryNode)
    mutating func region(named name: String) -> Region?
    /// By name.
    mutating func regions() -> [Region]
    mutating func put(_ region: Region)
    mutating func placement(_ name: PlacementName) -> Placement?
    /// By name.
    mutating func placements() -> [Placement]
    mutating func put(_ placement: Placement)
    mutating func group(_ id: UInt64) -> DirectoryGroup?
    /// By id.
    mutating func groups() -> [DirectoryGroup]
    mutating func put(_ group: DirectoryGroup)
}

/// What the cluster is, and the directory's counters.
package struct ClusterRecord: Hashable, Sendable {
    /// 16 bytes.
    package let cluster: [UInt8]
    /// Patterns of SPIFFE ids.
    package var operators: [String]
    /// The id that the next group gets.
    package var nextGroup: UInt64
    /// The latest time of a command, in milliseconds since 1970.
    package var clock: Int64

    package init(cluster: [UInt8], operators: [String], nextGroup: UInt64 = 2, clock: Int64) {
        self.cluster = cluster
        self.operators = operators
        self.nextGroup = nextGroup
        self.clock = clock
    }
}

/// The directory as a value.
package struct DirectoryState: Hashable, Sendable {
    package var cluster: ClusterRecord?
    /// By number, removed ones included.
    package var nodes: [DirectoryNode]
    /// By name.
    package var regions: [Region]
    /// By name.
    package var placements: [Placement]
    /// By id.
    package var groups: [DirectoryGroup]

    package init(
        cluster: ClusterRecord? = nil, nodes: [DirectoryNode] = [], regions: [Region] = [],
        placements: [Placement] = [],
        groups: [DirectoryGroup] = []
    ) {
        self.cluster = cluster
        self.nodes = nodes
        self.regions = regions
        self.placements = placements
        self.groups = groups
    }

    /// All rows of a table.
    package init<Table: DirectoryTable>(of table: inout Table) {
        self.init(
            cluster: table.cluster(), nodes: table.nodes(), regions: table.regions(), placements: table.placements(),
            groups: table.groups())
    }

    package func node(_ number: UInt16) -> DirectoryNode? { nodes.first { $0.number == number } }
    package func node(named name: String) -> DirectoryNode? {
        nodes.first { !$0.isRemoved && NameRules.same($0.name, name) }
    }
    /// The node whose present incarnation the replica is; nil for a fenced one.
    package func node(replica: UInt64) -> DirectoryNode? { nodes.first { !$0.isRemoved && $0.replica == replica } }
    package func region(named name: String) -> Region? { regions.first { NameRules.same($0.name, name) } }
    package func placement(_ name: PlacementName) -> Placement? { placements.first { $0.name == name } }
    package func group(_ id: UInt64) -> DirectoryGroup? { groups.first { $0.id == id } }
    package func groups(of placement: PlacementName) -> [DirectoryGroup] { groups.filter { $0.placement == placement } }

    /// Nodes in service, as the placement's rules judge them.
    package var candidates: [PlacementCandidate] {
        nodes.filter { !$0.isRemoved }.map { PlacementCandidate(node: $0.name, region: $0.region) }
    }
}
