import Cluster
import KeyModel
import KeyReplication
import Raft

/// The people and controllers of the federation: they set it up, move replicas, bring lost nodes back, and ask for one
/// last write when the trouble is over. One request per group at a time, repeated until it is answered.
struct SimulatedManager {
    struct GroupWork {
        let group: GroupID
        /// Commands that make the group ready for callers, in order.
        var setup: [[UInt8]]
        /// Nodes that should hold the group; the first one should lead.
        var desired: [Int]
        /// Nodes that ever held it: none takes it a second time.
        var hosted: [Int]
        /// The request under way, or 0.
        var operation: UInt64 = 0
        var operationEnds: UInt64 = 0
        var isSetupStep = false
        var isProbe = false
        /// The last write after the trouble was acknowledged.
        var isProbed = false
    }

    var work: [GroupWork]
    /// The node that lost its disk and has not rejoined everywhere, and its incarnation then.
    var wiped: (number: Int, incarnation: UInt16)?

    init(plan: SimulationPlan) {
        let seats = Array(1...plan.nodes)
        work = [GroupWork(group: SimulationPlan.directory, setup: [], desired: seats, hosted: seats)]
        for placement in plan.placements {
            work.append(
                GroupWork(
                    group: placement.group, setup: Self.setup(placement, plan), desired: placement.holders,
                    hosted: placement.holders))
        }
    }

    func place(of group: GroupID) -> Int { work.firstIndex { $0.group == group } ?? 0 }
    func desired(_ group: GroupID) -> [Int] { work[place(of: group)].desired }
    var isSetUp: Bool { work.allSatisfy(\.setup.isEmpty) }

    /// Voters are an odd number of nodes, at most five; the rest learns.
    func directoryMembership(of nodes: [SimulatedNode]) -> Membership {
        let voters = min(5, (nodes.count - 1) / 2 * 2 + 1)
        return Membership(
            voters: nodes.prefix(voters).map(\.replica), learners: nodes.dropFirst(voters).map(\.replica))
    }

    static func isDirectoryVoter(_ number: Int, of count: Int) -> Bool { number <= min(5, (count - 1) / 2 * 2 + 1) }

    mutating func answered(_ group: GroupID, _ result: Result<AppliedProposal, ClusterError>) {
        let place = place(of: group)
        work[place].operation = 0
        guard case .success(let applied) = result else { return }
        if work[place].isProbe { work[place].isProbed = true }
        guard work[place].isSetupStep, !work[place].setup.isEmpty else { return }
        switch KnownOutcome(applied.outcome) {
        case .key(.rejected(let code, _)) where code != .alreadyExists: return
        case .directory(.rejected(let code, _)) where code != .alreadyExists: return
        default: work[place].setup.removeFirst()
        }
    }

    // MARK: Commands

    static func header() -> CommandHeader {
        CommandHeader(proposedAt: 1, principal: "spiffe://simulation/operator/admin")
    }

    static func bootstrap(_ nodes: [SimulatedNode], _ plan: SimulationPlan) -> [UInt8] {
        let regions = plan.regions.map { Region(name: $0.name, cloud: "aws", jurisdictions: [$0.jurisdiction]) }
        return DirectoryCommandCodec.encode(
            DirectoryCommand(
                .bootstrap(
                    cluster: SimulationPlan.cluster, regions: regions, nodes: nodes.map(directoryNode),
                    operators: ["spiffe://simulation/operator/*"]), header: header()))
    }

    static func directoryNode(_ node: SimulatedNode) -> DirectoryNode {
        DirectoryNode(
            name: node.name, number: UInt16(node.number), incarnation: node.incarnation, region: node.region,
            storeID: node.storeID, sealingKey: [UInt8(node.number)], peerEndpoint: "\(node.name):1",
            apiEndpoint: "\(node.name):2")
    }

    static func holder(_ number: Int, _ incarnation: UInt16, _ plan: SimulationPlan) -> Holder {
        let region = plan.region(ofNode: number)
        return Holder(
            replica: SimulatedNode.replica(of: number, incarnation).rawValue, node: "n\(number)", region: region.name,
            jurisdictions: [region.jurisdiction], sealingKey: [UInt8(number)])
    }

    private static func setup(_ placement: SimulationPlan.PlacementPlan, _ plan: SimulationPlan) -> [[UInt8]] {
        guard let name = try? PlacementName(placement.name), let tenant = try? TenantName("acme") else { return [] }
        let regions = plan.regions.map { Region(name: $0.name, cloud: "aws", jurisdictions: [$0.jurisdiction]) }
        let rule = Placement(
            name: name, allowedJurisdictions: placement.jurisdictions, replicas: placement.holders.count,
            survive: .node)
        let receipts = placement.holders.map {
            KeyCommand.Body.recordReceipt(
                .first, replica: SimulatedNode.replica(of: $0, 1).rawValue, digest: [1])
        }
        let bodies: [KeyCommand.Body] =
            [
                .initialize(
                    placement: rule, regions: regions, holders: placement.holders.map { holder($0, 1, plan) }),
                .beginEpoch(.first, keyCheckValue: [9]),
            ] + receipts + [
                .activateEpoch(.first),
                .putTenantKey(
                    KeyCommand.PutTenantKey(
                        tenant: tenant, number: .first,
                        wrapped: WrappedKeyMaterial(bytes: [1, 2, 3], wrapping: .epoch(.first)), checkValue: [5])),
            ]
        return bodies.map { KeyCommandCodec.encode(KeyCommand($0, header: header())) }
    }
}
