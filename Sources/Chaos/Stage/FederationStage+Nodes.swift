import ClientAPI
import FoundationEssentials
import NIOCore
import Synchronization
import Topology

extension FederationStage {
    // MARK: - Processes

    package func kill(_ nodes: [String]) async throws { try await processes.kill(nodes) }

    package func stop(_ nodes: [String]) async throws { try await processes.stop(nodes) }

    package func start(_ nodes: [String]) async throws {
        let (network, topology, pages) = (network, topology, pages)
        try await processes.each(nodes) { process in
            guard let node = topology.node(named: process.name) else { return }
            let isNew = process.pid == nil
            let before = pages[node.name]?.seen.processes
            // All of it on the node's host: the process is born there, and its door is asked there.
            try network.run(at: .node(node.name, region: node.region)) {
                _ = try process.start { LocalFederation.isReady(node) }
            }
            // The loader only warns about a library that it cannot load, and then no fault would ever be felt.
            if isNew, let before, pages[node.name]?.seen.processes == before {
                throw ChaosError(node.name, "runs without libclaviger-faults.so")
            }
        }
    }

    package func pause(_ nodes: [String]) throws { try processes.pause(nodes) }

    package func resume(_ nodes: [String]) throws { try processes.resume(nodes) }

    package func slowProcessor(_ nodes: [String], share: Double?) throws { try processes.limit(nodes, to: share) }

    // MARK: - Disks and clocks

    /// Replaces the whole disk: store, audit records and sealed secrets are gone, identity and passphrase are not.
    package func wipe(_ nodes: [String]) async throws {
        for node in nodes {
            guard try processes[node].pid == nil else {
                throw ChaosError(node, "runs; only a disk that is not in use can be replaced")
            }
            let path = federation.layout.node(node).dataPath
            state.withLock { _ = $0.wiped.insert(node) }
            try await BlockingCall.run {
                try FileManager.default.removeItem(atPath: path)
                try PrivateFile.makeDirectory(path)
            }
        }
    }

    /// Asked in another region, as an operator would.
    package func rejoin(_ node: String) async throws {
        let client = try await callers.client(configuration(awayFrom: region(of: node)), on: callers.desk)
        do {
            // Its peers must have noticed that it is away, or back with another disk.
            try await patiently("\(node) is not readmitted") { _ = try await client.rejoinNode(node) }
            await client.close()
        } catch {
            await client.close()
            throw error
        }
    }

    package func transfer(placement: String, to node: String) async throws {
        let leader = try await desk.leader(of: placement)
        guard leader.node != node else { return }
        _ = try await commander.transferLeadership(
            group: leader.number, from: leader.node, to: node, timeout: .seconds(10))
    }

    /// Throws too when syncs that were to be slow turn out never to have been.
    package func apply(_ fault: DiskFault, to nodes: [String]) throws {
        for node in nodes {
            let page = try page(of: node)
            page.apply(fault)
            guard case .slow(let delay) = fault else { continue }
            let slowed = page.seen.slowSyncs
            let before = state.withLock { state in
                defer { state.slowedBefore[node] = delay > .zero ? slowed : nil }
                return state.slowedBefore[node]
            }
            if delay == .zero, let before, before == slowed {
                throw ChaosError(node, "no sync took longer while all were to")
            }
        }
    }

    package func stepClock(of nodes: [String], by step: Duration) throws {
        for node in nodes { try page(of: node).stepClock(by: step) }
    }

    package func setClockRate(of nodes: [String], _ rate: Double) throws {
        for node in nodes { try page(of: node).setClockRate(rate) }
    }

    package func resetFaults(of nodes: [String]) throws {
        for node in nodes { try page(of: node).reset() }
    }

    func page(of node: String) throws(ChaosError) -> FaultPage {
        _ = try processes[node]
        guard let page = pages[node] else {
            throw ChaosError(
                "faults of disks and clocks", "need libclaviger-faults.so beside this program; build it")
        }
        return page
    }

    // MARK: - The network

    package func disturb(_ fault: NetworkFault) throws -> Int { try network.disturb(fault) }

    package func mend(_ number: Int) { network.mend(number) }

    package func mendAll() { network.mendAll() }
}
