import Synchronization

/// Faults of the network, and what they mean for who has a quorum.
extension FaultPlayer {
    func disturb(_ fault: Fault, at place: Whereabouts) async throws -> @Sendable () async throws -> Void {
        let stage = stage
        switch fault {
        case .loseRegion:
            // Its clients live on and reach the other regions: what is lost is the nodes and the ways to them.
            let regions = Set(place.nodes.map(stage.region(of:)))
            keeper.change { $0.affectedRegions.formUnion(regions) }
            let nodes = place.nodes
            let others = Whereabouts(
                nodes: stage.nodes.filter { !nodes.contains($0) },
                clients: Array(Set(stage.nodes.map(stage.region(of:)))).sorted())
            let number = try impose(.cut(Whereabouts(nodes: nodes), others, isOneWay: false))
            try await takeDown(nodes) { try await stage.kill(nodes) }
            return {
                self.lift(number)
                try await self.start(nodes)
            }
        case .cut(let one, let other, let isOneWay):
            let (one, other) = (try await resolve(one), try await resolve(other))
            keeper.change { $0.affectedRegions.formUnion(one.clients + other.clients) }
            let number = try impose(.cut(one, other, isOneWay: isOneWay))
            return { self.lift(number) }
        case .flap(let one, let other, let every):
            return try flap(try await resolve(one), try await resolve(other), every: every)
        case .link(let one, let other, let delay, let loss):
            let number = try impose(
                .link(try await resolve(one), try await resolve(other), delay: delay, loss: loss))
            return { self.lift(number) }
        case .split(let groups):
            var sides: [Whereabouts] = []
            for group in groups { sides.append(withClients(try await resolve(group))) }
            affect(sides)
            let number = try impose(.split(sides))
            return { self.lift(number) }
        default:
            mendNetwork()
            return {}
        }
    }

    /// Clients of a region are on the side of its nodes.
    private func withClients(_ side: Whereabouts) -> Whereabouts {
        var side = side
        for region in side.nodes.map(stage.region(of:)) where !side.clients.contains(region) {
            side.clients.append(region)
        }
        return side
    }

    /// Of the sides of a split those without a majority of some placement are affected.
    private func affect(_ sides: [Whereabouts]) {
        let holders = state.withLock { $0.holders }
        for side in sides {
            let isMinor = holders.contains { members in
                let here = members.filter(side.nodes.contains).count
                return here > 0 && here <= members.count / 2
            }
            if isMinor { keeper.change { $0.affectedRegions.formUnion(side.clients) } }
        }
    }

    private func flap(
        _ one: Whereabouts, _ other: Whereabouts, every: Duration
    ) throws -> @Sendable () async throws -> Void {
        keeper.change { $0.affectedRegions.formUnion(one.clients + other.clients) }
        let fault = NetworkFault.cut(one, other, isOneWay: false)
        let flapping = Task {
            while !Task.isCancelled {
                let number = try impose(fault)
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

    private func impose(_ fault: NetworkFault) throws -> Int {
        let number = try stage.disturb(fault)
        state.withLock { $0.network[number] = fault }
        judgeReach()
        return number
    }

    private func lift(_ number: Int) {
        state.withLock { $0.network[number] = nil }
        judgeReach()
        stage.mend(number)
    }

    func mendNetwork() {
        state.withLock { $0.network = [:] }
        judgeReach()
        stage.mendAll()
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
