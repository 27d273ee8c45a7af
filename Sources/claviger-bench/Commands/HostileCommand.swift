import Adversary
import ArgumentParser
import ClientAPI
import FoundationEssentials
import NIOCore
import Topology

/// `claviger-bench hostile`
struct HostileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hostile",
        abstract: "Malformed input on every open port beside healthy callers: crashes, hangs, failed calls, memory.")

    @OptionGroup var federation: FederationOptions

    @Option(help: "Malformed inputs for each port.")
    var inputs = 100_000

    @Option(help: "The same seed gives the same inputs.")
    var seed: UInt64 = 20_261_123

    @Option(parsing: .upToNextOption, help: "peer, api, metrics, plugin; all if absent.")
    var ports: [HostilePort] = []

    @Option(help: "The node that is attacked.")
    var target = "eu-west"

    @Option(help: "The node that is not started: the attacker has its certificate.")
    var captured = "us-west"

    @Option(help: ArgumentHelp("The plugin program; claviger-kms-plugin beside this one if absent.", valueName: "path"))
    var plugin: String?

    @Option(help: "Milliseconds that no call beside the attack may exceed.")
    var longestCall = 1000.0

    @Option(help: "Megabytes that no process may grow by.")
    var growth = 256.0

    func validate() throws {
        guard (1...10_000_000).contains(inputs) else { throw ValidationError("--inputs is from 1 to 10000000") }
        guard target != captured else { throw ValidationError("--target and --captured are two nodes") }
        guard federation.isOwn else { throw ValidationError("only a federation that is started here is attacked") }
    }

    func run() async throws {
        let started = Date()
        var options = federation
        options.topology = options.topology ?? "topology/hostile.yaml"
        // Four attacks of minutes each: the usual limit is for shorter measurements.
        options.limit = max(options.limit, 600 + inputs * HostilePort.allCases.count / 100)
        let bench = try await BenchFederation.open(options, without: captured)
        let machine = Machine(directory: bench.directory)
        let ground = try await ground(bench)
        var promise = HostileReport.Promise()
        promise.longestCallMilliseconds = longestCall
        promise.growthMB = growth
        let run = HostileRun(
            ground, inputs: inputs, seed: seed, ports: ports.isEmpty ? HostilePort.allCases : ports, promise: promise)
        let report = try await run.run(progress: Console.progress)
        await bench.close()
        try emit(report, started: started, machine: machine)
        for sentence in report.broken { Console.complain("broken: \(sentence)") }
        if !report.broken.isEmpty { throw ExitCode(1) }
    }

    private func ground(_ bench: BenchFederation) async throws -> HostileGround {
        guard let local = bench.local, let attacked = local.topology.node(named: target),
            let lost = local.topology.node(named: captured)
        else { throw BenchFailure("--target and --captured must be nodes of the topology") }
        let key = "\(bench.placement)/bench/hostile"
        let workload = "spiffe://\(bench.trustDomain)/workload/kms-\(bench.placement)"
        try await bench.patiently("the policy is not taken") {
            _ = try await bench.client.putPolicy(
                placement: bench.placement, name: "hostile",
                document: """
                    statements:
                      - id: plugin
                        effect: allow
                        principals: ["\(workload)"]
                        actions: [use, describeKey]
                        keys: {tenant: bench}
                    """, timeout: .seconds(5))
        }
        _ = try await bench.client.createKey(key, timeout: .seconds(10))
        let holders = try await bench.holders().map(\.name)
        let nodes = local.topology.nodes.filter { holders.contains($0.name) }
        let program: String
        if let plugin { program = plugin } else { program = try FederationOptions.neighbour("claviger-kms-plugin") }
        let running = try LocalPlugin(
            bench.placement, key: key, endpoints: nodes.map(\.apiEndpoint), regions: nodes.map(\.region),
            program: program, layout: local.layout)
        Cleanup.add { running.stop() }
        try await Blocking.run { try running.waitUntilServing() }
        let ground = HostileGround(federation: local, target: attacked, captured: lost, plugin: running, key: key)
        try await bench.patiently("the plugin does not serve") { try await ground.checkPlugin() }
        return ground
    }

    // MARK: Printing

    private struct Results: Encodable {
        let report: HostileReport
        let inputs: [String: Int]
        let broken: [String]
    }

    private func emit(_ report: HostileReport, started: Date, machine: Machine) throws {
        let results = Results(
            report: report,
            inputs: Dictionary(
                report.attacks.map { ($0.port.rawValue, $0.inputs) }, uniquingKeysWith: { first, _ in first }),
            broken: report.broken)
        let frame = Report("hostile", started: started, machine: machine, results)
        try frame.emit(
            federation.output, titles: ["port", "inputs", "connections", "not taken", "hung", "seconds"],
            rows: report.attacks.map {
                [
                    $0.port.rawValue, "\($0.inputs)", "\($0.connections)", "\($0.unconnected)", "\($0.hung)",
                    "\($0.seconds.rounded(to: 1))",
                ]
            })
        guard federation.output == .table else { return }
        Console.say("")
        try frame.emit(
            .table, titles: ["port", "kind", "inputs", "connections", "slowest s"],
            rows: report.attacks.flatMap { attack in
                attack.kinds.map {
                    [
                        attack.port.rawValue, $0.kind, "\($0.inputs)", "\($0.connections)",
                        "\($0.slowestSeconds.rounded(to: 2))",
                    ]
                }
            })
        Console.say("")
        try frame.emit(
            .table, titles: ["beside", "calls", "failed", "longest ms"],
            rows: report.callers.map {
                [$0.caller, "\($0.calls)", "\($0.failures)", "\($0.longestMilliseconds.rounded(to: 1))"]
            })
        Console.say("")
        try frame.emit(
            .table, titles: ["process", "alive", "before MB", "after each attack MB", "peak MB", "end MB"],
            rows: report.processes.map {
                [
                    $0.process, $0.isAlive ? "yes" : "no", "\($0.beforeMB)",
                    $0.afterAttackMB.map { "\($0)" }.joined(separator: " "), "\($0.peakMB)", "\($0.endMB)",
                ]
            })
    }
}

extension HostilePort: ExpressibleByArgument {}
