import ArgumentParser
import FoundationEssentials

/// `claviger-bench failover`
struct FailoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failover",
        abstract: "Kills the node that leads, again and again under load: outage, failed calls, lost writes.")

    @OptionGroup var federation: FederationOptions

    @Option(help: "How often the leader is killed.")
    var runs = 5

    @Option(help: "Writes per second.")
    var writes = 50.0

    @Option(help: "Crypto calls per second.")
    var crypto = 200.0

    @Option(help: "Seconds of load before each kill.")
    var before = 2.0

    @Option(help: "Seconds of load after each kill.")
    var after = 6.0

    func validate() throws {
        guard (1...1000).contains(runs) else { throw ValidationError("--runs is from 1 to 1000") }
        guard (1...1000).contains(writes), (1...10_000).contains(crypto) else {
            throw ValidationError("--writes is from 1 to 1000, --crypto from 1 to 10000")
        }
        guard (0.5...60).contains(before), (1...120).contains(after) else {
            throw ValidationError("--before is from 0.5 to 60, --after from 1 to 120")
        }
        if !federation.endpoint.isEmpty { throw ValidationError("nodes behind --endpoint cannot be killed from here") }
    }

    private struct Results: Encodable {
        let writesPerSecond: Double
        let cryptoPerSecond: Double
        let writeOutageMilliseconds: Spread
        let longestCryptoMilliseconds: Spread
        let readyMilliseconds: Spread
        let caughtUpMilliseconds: Spread
        let cryptoCalls: Int
        let cryptoFailed: Int
        let writesAcknowledged: Int
        /// Read back after each run, and all once more at the end.
        let acknowledgedWritesLost: Int
        let acknowledgedWritesUnanswered: Int
        let runs: [FailoverRun]
    }

    func run() async throws {
        let started = Date()
        let bench = try await BenchFederation.open(federation)
        let machine = Machine(directory: bench.directory)
        let pace = FailoverRun.Pace(
            writesPerSecond: writes, cryptoPerSecond: crypto, secondsBefore: before, secondsAfter: after)
        var done: [FailoverRun] = []
        var written: [String] = []
        for number in 1...runs {
            let (result, keys) = try await FailoverRun.run(number, bench, pace)
            Console.progress(result.row.joined(separator: "  "))
            done.append(result)
            written += keys
        }
        let last = await WriteCheck(client: bench.client).confirm(written)
        await bench.close()
        let lost = max(last.lost.count, done.map(\.acknowledgedWritesLost).reduce(0, +))
        let results = Results(
            writesPerSecond: writes, cryptoPerSecond: crypto, writeOutageMilliseconds: Spread(done.map(\.writeOutage)),
            longestCryptoMilliseconds: Spread(done.map(\.longestCrypto)),
            readyMilliseconds: Spread(done.map(\.restart.readyMilliseconds)),
            caughtUpMilliseconds: Spread(done.compactMap(\.restart.caughtUpMilliseconds)),
            cryptoCalls: done.map(\.cryptoCalls).reduce(0, +),
            cryptoFailed: done.flatMap(\.cryptoFailed.values).reduce(0, +),
            writesAcknowledged: written.count, acknowledgedWritesLost: lost,
            acknowledgedWritesUnanswered: last.unanswered.count, runs: done)
        try Report("failover", started: started, machine: machine, results)
            .emit(federation.output, titles: FailoverRun.titles, rows: done.map(\.row))
        if lost > 0 || !last.unanswered.isEmpty { throw ExitCode(1) }
    }
}
