package import Topology

/// A federation's topology as a run plays it: the file's, on the addresses of a network of our own, or on free ports of
/// this machine.
package enum StageTopology {
    private static let file = "topology.yaml"

    /// Writes the topology into the folder. Returns its path.
    package static func write(
        _ original: FederationTopology, isNetworked: Bool, to folder: String
    ) throws -> String {
        let nodes = isNetworked ? try networked(original.nodes) : try onLoopback(original.nodes)
        let rewritten = try original.with(nodes: nodes)
        let path = "\(folder)/\(file)"
        try PrivateFile.write(rewritten.text, to: path, replacing: true)
        guard try FederationTopology.load(from: path) == rewritten else {
            throw ChaosError(path, "does not read as what was written")
        }
        return path
    }

    private static func networked(
        _ nodes: [FederationTopology.Node]
    ) throws(ChaosError) -> [FederationTopology.Node] {
        try nodes.map { (node) throws(ChaosError) in
            let host = try StageNetwork.address(ofNode: node.number)
            return node.at(host, peerPort: 7100, apiPort: 7200, metricsPort: 7300)
        }
    }

    /// The first block of free ports below those that the system gives to clients.
    private static func onLoopback(
        _ nodes: [FederationTopology.Node]
    ) throws(ChaosError) -> [FederationTopology.Node] {
        let host = "127.0.0.1"
        let count = 3 * nodes.count
        for first in stride(from: 17_000, to: 32_000 - count, by: max(100, count)) {
            let isFree = (0..<count).allSatisfy { LoopbackProbe.isFree(host: host, port: UInt16(first + $0)) }
            guard isFree else { continue }
            return nodes.enumerated().map { (index, node) in
                let port = UInt16(first + 3 * index)
                return node.at(host, peerPort: port, apiPort: port + 1, metricsPort: port + 2)
            }
        }
        throw ChaosError(host, "no block of \(count) free ports was found")
    }
}

extension FederationTopology {
    /// The same federation on other nodes, or with other placements.
    func with(
        regions: [Region]? = nil, nodes: [Node]? = nil, placements: [Placement]? = nil
    ) throws(TopologyError) -> FederationTopology {
        try FederationTopology(
            clusterName: clusterName, clusterID: clusterID, trustDomain: trustDomain, operators: operators,
            regions: regions ?? self.regions, nodes: nodes ?? self.nodes, directoryVoters: directoryVoters,
            placements: placements ?? self.placements, timing: timing, source: clusterName)
    }
}

extension FederationTopology.Node {
    fileprivate func at(
        _ host: String, peerPort: UInt16, apiPort: UInt16, metricsPort: UInt16
    ) -> FederationTopology.Node {
        FederationTopology.Node(
            name: name, number: number, region: region, host: host, peerPort: peerPort, apiPort: apiPort,
            metricsPort: metricsPort)
    }
}
