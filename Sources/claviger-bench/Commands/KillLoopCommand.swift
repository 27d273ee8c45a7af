import ArgumentParser
import FoundationEssentials
import Glibc
import Topology

/// `claviger-bench killloop`
struct KillLoopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "killloop",
        abstract: "Kills and restarts nodes at random under load; looks for lost writes, diverged replicas, late nodes."
    )

    @OptionGroup var federation: FederationOptions

    @Option(help: "How many nodes are killed, one after the other.")
    var cycles = 20

    @Option(help: "Writes per second.")
    var writes = 50.0

    @Option(help: "Crypto calls per second.")
    var crypto = 100.0

    @Option(help: "Seconds that a node is down.")
    var down = 0.5

    @Option(help: "Seconds between a node's return and the next kill.")
    var pause = 1.0

    @Option(help: "Seconds in which a restarted node must be ready.")
    var readyWithin = 5.0

    func validate() throws {
        guard (1...10_000).contains(cycles) else { throw ValidationError("--cycles is from 1 to 10000") }
        guard (1...1000).contains(writes), (1...10_000).contains(crypto) else {
            throw ValidationError("--writes is from 1 to 1000, --crypto from 1 to 10000")
        }
        guard (0...60).contains(down), (0...60).contains(pause), (0.1...60).contains(readyWithin) else {
            throw ValidationError("--down, --pause and --ready-within are seconds up to 60")
        }
        if !federation.endpoint.isEmpty { throw ValidationError("nodes behind --endpoint cannot be killed from here") }
    }

    private struct Results: Encodable {
        let cycles: [NodeRestart]
        let readyMilliseconds: Spread
        /// Restarts that took longer than allowed.
        let late: Int
        let writesAcknowledged: Int
        let writesFailed: Int
        let acknowledgedWritesLost: Int
        let acknowledgedWritesUnanswered: Int
        /// Keys that not all holders have alike after the load ended.
        let divergedKeys: [String]
        let cryptoCalls: Int
        let cryptoFailed: [String: Int]
        let longestCryptoMilliseconds: Double
    }

    func run() async throws {
        let started = Date()
        let bench = try await BenchFederation.open(federation)
        let machine = Machine(directory: bench.directory)
        let load = try await MixedLoad(bench)
        let (writes, crypto) = (writes, crypto)
        let running = Task { await load.run(writesPerSecond: writes, cryptoPerSecond: crypto) }
        var restarts: [NodeRestart] = []
        for cycle in 1...cycles {
            try await Task.sleep(for: .seconds(pause))
            let restart = try await killAndRestart(bench)
            Console.progress("\(cycle): \(restart.node) ready after \(restart.readyMilliseconds) ms")
            restarts.append(restart)
        }
        try await Task.sleep(for: .seconds(pause))
        load.stop()
        await running.value
        let acknowledged = load.writes.filter { $0.error == nil }.map(\.key)
        let check = await WriteCheck(client: bench.client).confirm(acknowledged)
        let diverged = try await WriteCheck.diverged(bench.holders(), prefix: "\(bench.placement)/bench/")
        await bench.close()
        let results = Results(
            cycles: restarts, readyMilliseconds: Spread(restarts.map(\.readyMilliseconds)),
            late: restarts.count { $0.readyMilliseconds > readyWithin * 1000 }, writesAcknowledged: acknowledged.count,
            writesFailed: load.writes.count - acknowledged.count, acknowledgedWritesLost: check.lost.count,
            acknowledgedWritesUnanswered: check.unanswered.count, divergedKeys: Array(diverged.prefix(100)),
            cryptoCalls: load.crypto.count,
            cryptoFailed: load.crypto.compactMap(\.error).reduce(into: [:]) { $0[$1, default: 0] += 1 },
            longestCryptoMilliseconds: load.crypto.map(\.milliseconds).max() ?? 0)
        try Report("killloop", started: started, machine: machine, results).emit(
            federation.output, titles: ["cycles", "late", "acknowledged", "lost", "diverged", "crypto failed"],
            rows: [
                [
                    cycles, results.late, acknowledged.count, check.lost.count, diverged.count,
                    results.cryptoFailed.values.reduce(0, +),
                ].map(String.init)
            ])
        let isGood = check.lost.isEmpty && check.unanswered.isEmpty && diverged.isEmpty && results.late == 0
        if !isGood { throw ExitCode(1) }
    }

    private func killAndRestart(_ bench: BenchFederation) async throws -> NodeRestart {
        guard let local = bench.local, let node = local.topology.nodes.randomElement() else {
            throw BenchFailure("no node runs on this machine")
        }
        guard local.process(of: node).send(SIGKILL) else {
            throw BenchFailure("\(node.name) has ended by itself; see \(local.layout.node(node.name).logPath)")
        }
        try await Task.sleep(for: .seconds(down))
        return try await NodeRestart.run(bench, node.name, awaitsLog: false)
    }
}
