import ClientAPI
import NIOCore
import NIOPosix
import Topology

/// An attack on one port after the other, with healthy callers at all of them all the time.
package struct HostileRun: Sendable {
    private let ground: HostileGround
    private let inputs: Int
    private let seed: UInt64
    private let ports: [HostilePort]
    private let promise: HostileReport.Promise

    /// - Parameter inputs: malformed inputs for each port, about.
    package init(
        _ ground: HostileGround, inputs: Int, seed: UInt64, ports: [HostilePort] = HostilePort.allCases,
        promise: HostileReport.Promise = .init()
    ) {
        self.ground = ground
        self.inputs = inputs
        self.seed = seed
        self.ports = ports
        self.promise = promise
    }

    /// Throws when the attack cannot take place; what it breaks is in the report.
    package func run(progress: @escaping @Sendable (String) -> Void = { _ in }) async throws -> HostileReport {
        let bystanders = try await Bystanders(ground)
        // A thread of its own, so that the callers' times are not the attacker's.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let report = try await attack(beside: bystanders, group, progress)
            await bystanders.close()
            try await group.shutdownGracefully()
            return report
        } catch {
            await bystanders.close()
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func attack(
        beside bystanders: Bystanders, _ group: any EventLoopGroup, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> HostileReport {
        let callers = bystanders.callers
        let watch = ProcessWatch(ground.processes())
        var attacks: [AttackTally] = []
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for caller in callers { tasks.addTask { await caller.run() } }
            tasks.addTask { await watch.run() }
            defer {
                for caller in callers { caller.end() }
                watch.end()
            }
            try await Task.sleep(for: .seconds(1))
            for (index, port) in ports.enumerated() {
                let attack = Attack(
                    port: port, address: try ground.address(of: port),
                    kinds: try await ground.volleys(for: port, bystanders.client),
                    contexts: try ground.contexts(for: port), group: group)
                let tally = await attack.run(inputs: inputs, seed: seed &+ UInt64(index) << 40) {
                    progress("\(port): \($0) inputs")
                }
                attacks.append(tally)
                watch.mark()
            }
            // What was left hanging has its end, too.
            try await Task.sleep(for: .seconds(2))
        }
        let (acknowledged, lost) = try await bystanders.confirmWrites()
        return HostileReport(
            seed: seed, target: ground.target.name, captured: ground.captured.name, promise: promise,
            attacks: attacks, callers: callers.map(\.tally), writesAcknowledged: acknowledged, writesLost: lost,
            processes: watch.finish())
    }
}
