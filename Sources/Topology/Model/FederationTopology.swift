/// A federation as its file describes it. Whoever holds a value knows that it is valid: every name resolves and every
/// placement can be met.
package struct FederationTopology: Sendable, Equatable {
    package let clusterName: String
    /// 16 bytes. They are bound into every ciphertext, so they never change in the life of a federation.
    package let clusterID: [UInt8]
    /// The SPIFFE trust domain of every node and caller.
    package let trustDomain: String
    /// Who may administer the topology and the policies.
    package let operators: [SPIFFEID]
    /// In the order of the file.
    package let regions: [Region]
    /// In the order of the file.
    package let nodes: [Node]
    /// The names of the nodes that vote in the directory: an odd number, each in another region.
    package let directoryVoters: [String]
    /// In the order of the file.
    package let placements: [Placement]
    package let timing: Timing

    /// Checks everything a type cannot say and throws the first problem found.
    ///
    /// - Parameters:
    ///   - clusterID: 16 bytes; derived from the name and the trust domain if absent.
    ///   - directoryVoters: the first nodes in distinct regions, five at most, if absent.
    ///   - source: names the file in errors.
    package init(
        clusterName: String, clusterID: [UInt8]? = nil, trustDomain: String, operators: [SPIFFEID], regions: [Region],
        nodes: [Node], directoryVoters: [String]? = nil, placements: [Placement], timing: Timing = .standard,
        source: String = ""
    ) throws(TopologyError) {
        self.clusterName = clusterName
        self.clusterID = clusterID ?? Self.derivedClusterID(name: clusterName, trustDomain: trustDomain)
        self.trustDomain = trustDomain
        self.operators = operators
        self.regions = regions
        self.nodes = nodes
        self.directoryVoters = directoryVoters ?? Self.defaultVoters(among: nodes)
        self.placements = placements
        self.timing = timing
        try TopologyRules(topology: self, source: source).check()
    }

    /// The node of this name.
    package func node(named name: String) -> Node? { nodes.first { $0.name == name } }

    /// The region of this name.
    package func region(named name: String) -> Region? { regions.first { $0.name == name } }

    /// The placement of this name.
    package func placement(named name: String) -> Placement? { placements.first { $0.name == name } }

    /// The identity that the certificate of a node bears.
    package func identity(of node: Node) -> SPIFFEID {
        SPIFFEID.node(trustDomain: trustDomain, region: node.region, name: node.name)
    }

    /// The cluster id as 32 lower-case hexadecimal digits.
    package var clusterIDText: String { Hexadecimal.encode(clusterID) }
}
