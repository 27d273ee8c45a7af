import Audit
import Cluster
import FrontDoors
import KeyOperations
import Peering
import Raft
import Storage
import Telemetry
import Topology

extension Node {
    /// Gauges that are read when somebody scrapes.
    func registerMetrics() {
        ProcessMetrics.register(in: metrics, version: Self.version, node: settings.node.name)
        let cluster = cluster
        let perGroup: (@escaping @Sendable (GroupGauge) -> Double) -> @Sendable () -> [MetricSample] = { value in
            { cluster.allGauges.map { MetricSample(value($0), ["group": "\($0.group.rawValue)"]) } }
        }
        metrics.observe(
            MetricName.groupLeader, help: "Node number of the group's leader, 0 for none.",
            perGroup { Double($0.leader.rawValue >> 16) })
        metrics.observe(MetricName.groupTerm, help: "Election term.", perGroup { Double($0.term.rawValue) })
        metrics.observe(MetricName.groupCommit, help: "Committed index.", perGroup { Double($0.commit.rawValue) })
        metrics.observe(MetricName.groupApplied, help: "Applied index.", perGroup { Double($0.applied.rawValue) })
        metrics.observe(
            MetricName.groupLag, help: "Committed entries not yet applied here.",
            perGroup { Double($0.commit.rawValue) - Double(min($0.commit.rawValue, $0.applied.rawValue)) })
        metrics.observe(
            MetricName.groupHalted, help: "1 when the group stopped on this node.", perGroup { $0.isStopped ? 1 : 0 })
        metrics.observe(MetricName.groupFreshness, help: "Seconds since a quorum confirmed the group's state here.") {
            cluster.allGauges.compactMap { gauge in
                cluster.freshness(of: gauge.group).map {
                    MetricSample($0 / .seconds(1), ["group": "\(gauge.group.rawValue)"])
                }
            }
        }
        if let space = cluster.space {
            metrics.observe(MetricName.storageFree, help: "Free bytes of the disk under the store.") {
                [MetricSample(Double(space.free))]
            }
            metrics.observe(
                MetricName.storageLevel, help: "Room under the store: 0 good, 1 no new writes, 2 no entries at all."
            ) { [MetricSample(Double(space.level.rawValue))] }
        }
        let network = network
        metrics.observe(MetricName.peerConnected, help: "Peers with an open consensus connection.") {
            [MetricSample(Double(network.statistics.connectedPeers))]
        }
        let identity = identityKeeper
        metrics.observe(MetricName.certificateDays, help: "Days until this node's certificate expires.") {
            [MetricSample(Double(identity.daysLeft))]
        }
    }

    /// What an operator does about a node that its peers turn away.
    var wayBack: String {
        cluster.allGauges.isEmpty ? "run `claviger node rejoin \(settings.node.name)`" : settings.wayBack
    }

    /// Ready when the node is in the directory and every group that it holds serves.
    func readiness() -> Readiness {
        var reasons: [String] = []
        if let refusal = cluster.ledger.replacedDisk { reasons.append("\(refusal); \(wayBack)") }
        if drainFlag.isSet { reasons.append("the node is draining") }
        if isolation.isActive { reasons.append("the node is out of service for a drill") }
        switch cluster.space?.level ?? .good {
        case .good: break
        case .low: reasons.append("the disk of node \(settings.node.name) is nearly full: it takes no writes")
        case .full: reasons.append("the disk of node \(settings.node.name) is full: it takes no entries from others")
        }
        if audit.isDegraded { reasons.append("the audit log is failing or slow") }
        if !keepers.directory.isRegistered { reasons.append("the node is not registered in the directory yet") }
        for gauge in cluster.allGauges where gauge.isStopped {
            reasons.append("group \(gauge.group.rawValue) stopped on this node; the log says why")
        }
        for runtime in placements.all where runtime.age(now: monotonicNow()) == nil {
            reasons.append("placement \(runtime.name) has not been confirmed by a quorum yet")
        }
        return Readiness(isReady: reasons.isEmpty, reasons: reasons)
    }
}
