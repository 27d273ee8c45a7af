import Topology

/// What the command line, the topology and the identity come to. Checked once, then fixed.
struct NodeSettings: Sendable {
    var topology: FederationTopology
    var node: FederationTopology.Node
    var region: FederationTopology.Region
    var data: String
    var identity: IdentityDirectory
    var passphrasePath: String?
    var isProduction: Bool

    init(
        topologyPath: String, node name: String, data: String, identityPath: String, passphrasePath: String?,
        isProduction: Bool
    ) throws(TopologyError) {
        topology = try FederationTopology.load(from: topologyPath)
        guard let node = topology.node(named: name) else {
            throw TopologyError(topologyPath, "there is no node \(name)")
        }
        guard let region = topology.region(named: node.region) else {
            throw TopologyError(topologyPath, "there is no region \(node.region)")
        }
        self.node = node
        self.region = region
        self.data = data
        self.passphrasePath = passphrasePath
        self.isProduction = isProduction
        identity = IdentityDirectory(identityPath)
        _ = try IdentityMaterial(reading: identity).check(expecting: topology.identity(of: node))
    }

    /// What an operator does about a disk whose content can no longer be trusted.
    var wayBack: String { "stop the node, remove \(storePath), start it, and run `claviger node rejoin \(node.name)`" }

    var storePath: String { "\(data)/store" }
    var auditPath: String { "\(data)/audit" }
    var secretsPath: String { "\(data)/secrets" }
}

/// Why a node did not start or cannot go on; one sentence for an operator.
struct NodeFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
