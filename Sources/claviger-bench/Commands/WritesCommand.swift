import ArgumentParser
import FoundationEssentials

/// `claviger-bench writes`
struct WritesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "writes",
        abstract: "Replicated, synced writes at a placement's leader; with --against-etcd the same shape against etcd.")

    @OptionGroup var federation: FederationOptions
    @OptionGroup var load: LoadOptions

    @Option(parsing: .upToNextOption, help: "Connections x calls outstanding on each.")
    var shapes = [LoadShape(1, 1), LoadShape(8, 1), LoadShape(8, 8)]

    @Option(help: "How many keys are written in turn.")
    var keys = 64

    @Option(help: "Bytes of a value.")
    var size = 256

    @Flag(help: "Measures createKey as well.")
    var create = false

    @Flag(help: "Starts three members of etcd and measures in turn: Claviger, etcd, etcd, Claviger.")
    var againstEtcd = false

    @Flag(help: "Measures etcd alone.")
    var onlyEtcd = false

    @Option(help: "The etcd program.")
    var etcd = "/usr/bin/etcd"

    @Option(help: "The first of six ports for etcd.")
    var etcdPort = 19_500

    func validate() throws {
        guard (1...10_000).contains(keys), (16...256).contains(size) else {
            throw ValidationError("--keys is from 1 to 10000, --size from 16 to 256")
        }
    }

    /// Claviger's figures over etcd's, each the mean of two measurements.
    private struct Ratio: Encodable {
        let shape: String
        let claviger: [Double]
        let etcd: [Double]
        let rateRatio: Double
        let p50Ratio: Double
        let p99Ratio: Double
        let cpuPerWriteRatio: Double?
    }

    private struct Results: Encodable {
        let leader: String?
        let valueBytes: Int
        let etcdVersion: String?
        let measurements: [Measurement]
        let ratios: [Ratio]
    }

    func run() async throws {
        let started = Date()
        if onlyEtcd { return try await runEtcd(started) }
        let bench = try await BenchFederation.open(federation)
        let machine = Machine(directory: bench.directory)
        let leader = try await bench.leader()
        let ours = try await bench.generator(for: bench.node(leader))
        let tags = try await TagWorkload(bench, keys: keys, size: size)
        var results: [Measurement] = []
        var ratios: [Ratio] = []
        var version: String?
        if againstEtcd {
            let cluster = try await startEtcd(TemporaryDirectory(isKept: federation.keep))
            version = cluster.version
            let theirs = try await cluster.generator()
            let puts = EtcdPutWorkload(keys: keys, size: size)
            for shape in shapes {
                var round: [Measurement] = []
                for isOurs in [true, false, false, true] {
                    let workload: any Workload = isOurs ? tags : puts
                    round.append(try await measure(isOurs ? ours : theirs, workload, shape))
                }
                results += round
                ratios.append(Self.ratio(shape, round))
            }
        } else {
            for shape in shapes { results.append(try await measure(ours, tags, shape)) }
        }
        if create {
            for shape in shapes { results.append(try await measure(ours, CreateWorkload(bench), shape)) }
        }
        await bench.close()
        try emit(
            Results(leader: leader, valueBytes: size, etcdVersion: version, measurements: results, ratios: ratios),
            started, machine)
    }

    private func startEtcd(_ directory: TemporaryDirectory) async throws -> EtcdCluster {
        try await EtcdCluster.start(program: etcd, directory: directory.path, port: etcdPort)
    }

    private func runEtcd(_ started: Date) async throws {
        Cleanup.arm(limit: federation.limit)
        let directory = try TemporaryDirectory(isKept: federation.keep)
        let machine = Machine(directory: directory.path)
        let cluster = try await startEtcd(directory)
        let generator = try await cluster.generator()
        var results: [Measurement] = []
        for shape in shapes {
            results.append(try await measure(generator, EtcdPutWorkload(keys: keys, size: size), shape))
        }
        try await Blocking.run { Cleanup.run() }
        try emit(
            Results(leader: nil, valueBytes: size, etcdVersion: cluster.version, measurements: results, ratios: []),
            started, machine)
    }

    private func emit(_ results: Results, _ started: Date, _ machine: Machine) throws {
        try Report("writes", started: started, machine: machine, results)
            .emit(federation.output, titles: Measurement.titles, rows: results.measurements.map(\.row))
        if federation.output == .table {
            for ratio in results.ratios { Console.say("\(ratio.shape): \(ratio.rateRatio) times the rate of etcd") }
        }
    }

    private func measure(
        _ generator: LoadGenerator, _ workload: any Workload, _ shape: LoadShape
    ) async throws -> Measurement {
        let result = try await generator.measure(workload, load.plan(shape))
        Console.progress(result.row.joined(separator: "  "))
        return result
    }

    private static func ratio(_ shape: LoadShape, _ round: [Measurement]) -> Ratio {
        let ours = round.filter { $0.subject == "claviger" }
        let theirs = round.filter { $0.subject == "etcd" }
        func ratio(_ value: (Measurement) -> Double) -> Double {
            let below = theirs.map(value).reduce(0, +)
            return below > 0 ? (ours.map(value).reduce(0, +) / below).rounded(to: 2) : 0
        }
        let hasTimes = (ours + theirs).allSatisfy { $0.allServersMicrosecondsPerCall != nil }
        return Ratio(
            shape: shape.description, claviger: ours.map(\.callsPerSecond), etcd: theirs.map(\.callsPerSecond),
            rateRatio: ratio(\.callsPerSecond), p50Ratio: ratio(\.latencyMicroseconds.p50),
            p99Ratio: ratio(\.latencyMicroseconds.p99),
            cpuPerWriteRatio: hasTimes ? ratio { $0.allServersMicrosecondsPerCall ?? 0 } : nil)
    }
}
