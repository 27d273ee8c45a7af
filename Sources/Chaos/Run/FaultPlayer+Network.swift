import Synchronization

/// Faults of the network, and what they mean for who has a quorum.
extension FaultPlayer {
    func disturb(_ fault: Fault, at scene: Scene) async throws -> @Sendable () async throws -> Void {
        let stage = stage
        switch fault {
        case .loseRegion:
            // Its clients live on and reach the other regions: what is lost is the nodes and the ways to them.
            let nodes = scene.place.nodes
            let regions = Set(nodes.map(stage.region(of:))).sorted()
            let others = Whereabouts(
                nodes: stage.nodes.filter { !nodes.contains($0) },
                clients: Set(stage.nodes.map(stage.region(of:))).sorted())
            let number = try impose(
                .cut(Whereabouts(nodes: nodes), others, isOneWay: false), affecting: regions)
            try await takeDown(nodes) { try await stage.kill(nodes) }
            return {
                self.lift(number)
                try await self.start(nodes)
            }
        case .cut(_, _, let isOneWay):
            let (one, other) = try Self.two(scene)
            let number = try impose(
                .cut(one, other, isOneWay: isOneWay), affecting: one.clients + other.clients)
            return { self.lift(number) }
        case .flap(_, _, let every):
            let (one, other) = try Self.two(scene)
            return flap(one, other, every: every)
        case .link(_, _, let delay, let loss):
            let (one, other) = try Self.two(scene)
            let number = try impose(.link(one, other, delay: delay, loss: loss))
            return { self.lift(number) }
        case .split:
            let sides = scene.sides.map(withClients)
            let number = try impose(.split(sides), affecting: minor(sides).flatMap(\.clients))
            return { self.lift(number) }
        default:
            mendNetwork()
            return {}
        }
    }

    private static func two(_ scene: Scene) throws(ChaosError) -> (Whereabouts, Whereabouts) {
        guard scene.sides.count == 2 else { throw ChaosError("network", "this fault is between two sides") }
        return (scene.sides[0], scene.sides[1])
    }

    /// Clients of a region are on the side of its nodes.
    private func withClients(_ side: Whereabouts) -> Whereabouts {
        var side = side
        for region in side.nodes.map(stage.region(of:)) where !side.clients.contains(region) {
            side.clients.append(region)
        }
        return side
    }

    /// The sides of a split that have no majority of some placement.
    private func minor(_ sides: [Whereabouts]) -> [Whereabouts] {
        let holders = state.withLock { $0.holders }
        return sides.filter { side in
            holders.contains { members in
                let here = members.filter(side.nodes.contains).count
                return here > 0 && here <= members.count / 2
            }
        }
    }

    /// Regions are affected while the line is cut, and not while it stands in between.
    private func flap(
        _ one: Whereabouts, _ other: Whereabouts, every: Duration
    ) -> @Sendable () async throws -> Void {
        let fault = NetworkFault.cut(one, other, isOneWay: false)
        let flapping = Task {
            while !Task.isCancelled {
                let number = try impose(fault, affecting: one.clients + other.clients)
                try? await Task.sleep(for: every)
                lift(number)
                if Task.isCancelled { return }
                try? await Task.sleep(for: every)
            }
        }
        return {
            flapping.cancel()
            try await flapping.value
        }
    }

    /// The clients of `regions` are affected until it is lifted.
    private func impose(_ fault: NetworkFault, affecting regions: [String] = []) throws -> Int {
        let from = stage.now
        let number = try stage.disturb(fault)
        let concern = keeper.affect(regions: regions, at: from)
        state.withLock { state in
            state.network[number] = fault
            state.concerns[number] = concern
        }
        judgeReach()
        return number
    }

    private func lift(_ number: Int) {
        let concern = state.withLock { state in
            state.network[number] = nil
            return state.concerns.removeValue(forKey: number)
        }
        judgeReach()
        stage.mend(number)
        if let concern { keeper.relieve(concern, at: stage.now) }
    }

    func mendNetwork() {
        let concerns = state.withLock { state in
            defer { state.concerns = [:] }
            state.network = [:]
            return state.concerns.values.sorted()
        }
        judgeReach()
        stage.mendAll()
        for concern in concerns { keeper.relieve(concern, at: stage.now) }
    }

    func judgeReach() {
        let isolated = state.withLock { state in
            state.holders.reduce(into: Set<String>()) { isolated, holders in
                var reach = QuorumReach(holders: holders)
                reach.down = state.down
                reach.faults = state.network.sorted { $0.key < $1.key }.map(\.value)
                isolated.formUnion(reach.isolated)
            }
        }
        keeper.isolated(isolated, at: stage.now)
    }
}
