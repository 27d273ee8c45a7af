/// What is known about one node of a local federation.
package struct LocalNodeStatus: Sendable, Encodable, Equatable {
    /// `dead` is a node that was started and not stopped in order; `stopped` one that nobody started.
    package enum State: String, Sendable, Encodable {
        case running
        case notReady = "not ready"
        case dead, stopped
    }

    package let node: String
    package let region: String
    package let cloud: String
    package let jurisdictions: [String]
    package let pid: Int32?
    package let state: State
    package let peerPort: UInt16
    package let apiPort: UInt16
    package let metricsPort: UInt16
}

extension LocalFederation {
    /// How every node of the topology is, in its order.
    package func status(
        isReady: (FederationTopology.Node) -> Bool = Self.isReady
    ) -> [LocalNodeStatus] {
        topology.nodes.map { node in
            let process = process(of: node)
            let pid = process.pid()
            let state: LocalNodeStatus.State =
                if pid != nil { isReady(node) ? .running : .notReady } else { process.wasStarted ? .dead : .stopped }
            let region = topology.region(named: node.region)
            return LocalNodeStatus(
                node: node.name, region: node.region, cloud: region?.cloud ?? "",
                jurisdictions: region?.jurisdictions ?? [], pid: pid, state: state, peerPort: node.peerPort,
                apiPort: node.apiPort, metricsPort: node.metricsPort)
        }
    }
}
