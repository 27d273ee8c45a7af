import Topology

extension FederationStage {
    package func resolve(_ targets: [Target]) async throws -> Whereabouts {
        var place = Whereabouts()
        for target in targets { place.add(try await resolve(target)) }
        return place
    }

    private func resolve(_ target: Target) async throws -> Whereabouts {
        switch target {
        case .node(let name):
            guard topology.node(named: name) != nil else { throw ChaosError(name, "there is no such node") }
            return Whereabouts(nodes: [name])
        case .region(let name):
            try check(region: name)
            return Whereabouts(nodes: topology.nodes.filter { $0.region == name }.map(\.name))
        case .clients(let name):
            try check(region: name)
            return Whereabouts(clients: [name])
        case .leader(let group):
            return Whereabouts(nodes: [try await leader(of: group).node])
        case .followers(let group, let count):
            let leader = try await leader(of: group).node
            let followers = nodes(of: group).filter { $0 != leader }
            guard count > 0, count <= followers.count else {
                throw ChaosError(group, "it has \(followers.count) followers, not \(count)")
            }
            return Whereabouts(nodes: Array(followers.reversed().prefix(count)))
        case .holders(let group):
            let holders = nodes(of: group)
            guard !holders.isEmpty else { throw ChaosError(group, "there is no such placement") }
            return Whereabouts(nodes: holders)
        case .all:
            return Whereabouts(nodes: nodes)
        case .same:
            throw ChaosError("same", "no fault before this one was about anybody")
        }
    }

    private func check(region: String) throws(ChaosError) {
        guard topology.region(named: region) != nil else { throw ChaosError(region, "there is no such region") }
    }

    /// Who leads a placement or the directory, in which term.
    func leader(of group: String) async throws -> NodeDesk.Claim {
        guard !nodes(of: group).isEmpty else { throw ChaosError(group, "there is no such placement") }
        return try await desk.leader(of: group)
    }
}
