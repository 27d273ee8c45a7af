/// A whole federation on this machine: one process per node, its own certificate authority, everything in one
/// directory.
package struct LocalFederation: Sendable {
    package let topology: FederationTopology
    /// Absolute.
    package let topologyPath: String
    package let layout: LocalLayout

    /// Which hosts of a topology are this machine.
    package enum Hosts: Sendable {
        case loopback
        /// Any: the caller has made a network of its own here, in which the nodes have these addresses.
        case any
    }

    /// Reads the topology and checks that all its nodes are on this machine.
    package init(
        topologyPath: String, layout: LocalLayout, hosts: Hosts = .loopback
    ) throws(TopologyError) {
        topology = try FederationTopology.load(from: topologyPath)
        self.topologyPath = LocalLayout.absolute(topologyPath)
        self.layout = layout
        for (index, node) in topology.nodes.enumerated()
        where hosts == .loopback && LoopbackProbe.loopbackAddress(of: node.host) == nil {
            throw TopologyError(
                "\(topologyPath): nodes[\(index)].host",
                "'\(node.host)' is not this machine; a local federation needs 127.0.0.1")
        }
    }

    /// The nodes of these names, all if there is none, in the order of the topology.
    package func nodes(named names: [String]) throws(TopologyError) -> [FederationTopology.Node] {
        for name in names where topology.node(named: name) == nil {
            throw TopologyError(
                topologyPath,
                "there is no node '\(name)'; there are \(topology.nodes.map(\.name).joined(separator: ", "))")
        }
        return names.isEmpty ? topology.nodes : topology.nodes.filter { names.contains($0.name) }
    }

    /// The process of a node, running or not.
    package func process(of node: FederationTopology.Node) -> LocalProcess { LocalProcess(layout.node(node.name)) }

    /// Whether the node says that it serves: 200 from `/readyz` at its metrics port. Asked from the caller's network.
    package static func isReady(_ node: FederationTopology.Node) -> Bool {
        let host = LoopbackProbe.loopbackAddress(of: node.host) ?? node.host
        return LoopbackProbe.status(host: host, port: node.metricsPort, path: "/readyz") == 200
    }
}
