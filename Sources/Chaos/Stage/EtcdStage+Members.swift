import EtcdClient
import FoundationEssentials
import Synchronization
import Topology

extension EtcdStage {
    package func start() async throws {
        let (program, log) = (program, "\(folder)/version.log")
        let version = try await BlockingCall.run {
            try DetachedProcess.spawn(program, arguments: ["--version"], log: log).wait()
            return TextFile.lastLines(20, of: log).first { $0.hasPrefix("etcd Version: ") }
        }
        try await callers.enter()
        let caller = try EtcdCaller(
            endpoints: members.map { ($0.host, $0.clientPort) }, eventLoop: callers.desk)
        state.withLock { state in
            state.caller = caller
            if let version { state.version = "etcd \(version.dropFirst("etcd Version: ".count))" }
        }
        let watch = Task { [self] in await watchLeaders(caller) }
        state.withLock { $0.watch = watch }
        try await start(nodes)
        _ = try await leader()
        // So that the first leader is told before the load begins.
        try await Task.sleep(for: .milliseconds(250))
    }

    package func end() async {
        let (watch, caller) = state.withLock { state in
            let taken = (state.watch, state.caller)
            state.watch = nil
            state.caller = nil
            return taken
        }
        watch?.cancel()
        await watch?.value
        network.mendAll()
        await processes.close()
        await caller?.close()
        await callers.close()
    }

    // MARK: - Who leads

    /// Tells it when a member says of itself that it leads and did not say so before.
    private func watchLeaders(_ caller: EtcdCaller) async {
        var last: String?
        while !Task.isCancelled {
            let next = ContinuousClock.now + .milliseconds(100)
            let leaders = await claims(caller)
            if let leader = leaders.first(where: { $0 != last }) {
                clock.tell(.leader, "\(leader) leads", nodes: [leader], group: "etcd")
                last = leader
            }
            try? await Task.sleep(until: next, clock: .continuous)
        }
    }

    /// The members that say of themselves that they lead. All are asked at once.
    private func claims(_ caller: EtcdCaller) async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for (place, member) in members.enumerated() {
                group.addTask {
                    guard let status = try? await caller.status(of: place), status.isLeading else { return nil }
                    return member.name
                }
            }
            return await group.reduce(into: []) { if let name = $1 { $0.append(name) } }
        }
    }

    /// Waits for a member that leads, and that a second one follows, for ten seconds: one that was cut off may still
    /// think that it leads.
    private func leader() async throws -> String {
        guard let caller = state.withLock({ $0.caller }) else { throw ChaosError("etcd", "does not run") }
        let end = ContinuousClock.now + .seconds(10)
        while true {
            var votes: [UInt64: Int] = [:]
            var names: [UInt64: String] = [:]
            for (place, member) in members.enumerated() {
                guard let status = try? await caller.status(of: place) else { continue }
                names[status.id] = member.name
                if status.leader != 0 { votes[status.leader, default: 0] += 1 }
            }
            let known = votes.max { ($0.value, $0.key) < ($1.value, $1.key) }
            if let known, known.value > members.count / 2, let name = names[known.key] { return name }
            guard ContinuousClock.now < end else { throw ChaosError("etcd", "no member leads") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    package func resolve(_ targets: [Target]) async throws -> Whereabouts {
        var place = Whereabouts()
        for target in targets { place.add(try await resolve(target)) }
        return place
    }

    private func resolve(_ target: Target) async throws -> Whereabouts {
        switch target {
        case .node(let name):
            _ = try processes[name]
            return Whereabouts(nodes: [name])
        case .region(let name):
            let found = members.filter { $0.region == name }.map(\.name)
            guard !found.isEmpty else { throw ChaosError(name, "no member is there") }
            return Whereabouts(nodes: found)
        case .clients(let name):
            guard members.contains(where: { $0.region == name }) else { throw ChaosError(name, "no client is there") }
            return Whereabouts(clients: [name])
        case .leader: return Whereabouts(nodes: [try await leader()])
        case .followers(_, let count):
            let leader = try await leader()
            let followers = nodes.filter { $0 != leader }
            guard count > 0, count <= followers.count else {
                throw ChaosError("etcd", "it has \(followers.count) followers, not \(count)")
            }
            return Whereabouts(nodes: Array(followers.reversed().prefix(count)))
        case .holders, .all: return Whereabouts(nodes: nodes)
        case .same: throw ChaosError("same", "no fault before this one was about anybody")
        }
    }

    // MARK: - Processes

    package func kill(_ nodes: [String]) async throws { try await processes.kill(nodes) }

    package func stop(_ nodes: [String]) async throws { try await processes.stop(nodes) }

    package func start(_ nodes: [String]) async throws {
        let (network, members) = (network, members)
        try await processes.each(nodes) { process in
            guard let member = members.first(where: { $0.name == process.name }) else { return }
            try network.run(at: .node(member.name, region: member.region)) {
                _ = try process.start {
                    LoopbackProbe.status(host: member.host, port: UInt16(member.clientPort), path: "/health") == 200
                }
            }
        }
    }

    package func pause(_ nodes: [String]) throws { try processes.pause(nodes) }

    package func resume(_ nodes: [String]) throws { try processes.resume(nodes) }

    package func slowProcessor(_ nodes: [String], share: Double?) throws { try processes.limit(nodes, to: share) }

    // MARK: - The network

    package func disturb(_ fault: NetworkFault) throws -> Int { try network.disturb(fault) }

    package func mend(_ number: Int) { network.mend(number) }

    package func mendAll() { network.mendAll() }
}
