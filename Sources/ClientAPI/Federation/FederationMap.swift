/// What a client knows of the federation: which nodes may serve a placement. Made anew from each answer to Describe.
struct FederationMap: Sendable {
    struct Holders: Sendable {
        var endpoints: [ClientEndpoint]
        /// The node that leads, as last known.
        var leader: String
    }

    private(set) var nodes: [ClientEndpoint]
    private(set) var placements: [String: Holders] = [:]

    init(configured: [ClientEndpoint]) { nodes = configured }

    init(_ answer: Claviger_V1_DescribeFederationResponse, configured: [ClientEndpoint]) {
        var byName: [String: ClientEndpoint] = [:]
        for node in answer.nodes where (1...65_535).contains(node.api.port) && !node.api.host.isEmpty {
            byName[node.name] = ClientEndpoint(
                host: node.api.host, port: Int(node.api.port), region: node.region, node: node.name)
        }
        // An endpoint from the configuration names how this client reaches a node, so it stands before what the node
        // says of itself.
        for endpoint in configured where !endpoint.node.isEmpty && byName[endpoint.node] != nil {
            byName[endpoint.node]?.host = endpoint.host
            byName[endpoint.node]?.port = endpoint.port
        }
        nodes = answer.nodes.compactMap { byName[$0.name] }
        for placement in answer.placements {
            placements[placement.name] = Holders(
                endpoints: placement.holders.compactMap { byName[$0] }, leader: placement.leader)
        }
    }

    /// The nodes to ask, best first. Nil: the placement is not known.
    func candidates(for route: CallRoute, preferring regions: [String]) -> [ClientEndpoint]? {
        switch route {
        case .anywhere:
            return order(nodes, regions)
        case .node(let name):
            return nodes.filter { $0.node == name }
        case .holders(let placement, let isWrite):
            guard let holders = placements[placement] else { return nil }
            let ordered = order(holders.endpoints, regions)
            guard isWrite, let leader = ordered.firstIndex(where: { $0.node == holders.leader }) else { return ordered }
            var leaderFirst = ordered
            leaderFirst.insert(leaderFirst.remove(at: leader), at: 0)
            return leaderFirst
        }
    }

    private func order(_ endpoints: [ClientEndpoint], _ regions: [String]) -> [ClientEndpoint] {
        let ranked = endpoints.enumerated().map { (offset, endpoint) in
            (rank: regions.firstIndex(of: endpoint.region) ?? regions.count, offset: offset, endpoint: endpoint)
        }
        return ranked.sorted { ($0.rank, $0.offset) < ($1.rank, $1.offset) }.map(\.endpoint)
    }
}

/// Who may be asked.
enum CallRoute: Sendable, Hashable {
    case anywhere
    case node(String)
    case holders(placement: String, isWrite: Bool)
}
