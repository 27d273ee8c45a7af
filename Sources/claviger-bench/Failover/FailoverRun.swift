import Glibc
import Topology

/// One kill of the placement's leader, as raw figures. Times are milliseconds.
struct FailoverRun: Encodable, Sendable {
    let run: Int
    let killed: String
    let nextLeader: String
    /// The longest time without an acknowledged write that ended after the kill.
    let writeOutage: Double
    /// Relative to the kill.
    let lastAcknowledgementBefore: Double
    let firstAcknowledgementAfter: Double
    let writesAcknowledged: Int
    let writesFailed: [String: Int]
    let longestWrite: Double
    let cryptoCalls: Int
    let cryptoFailed: [String: Int]
    let longestCrypto: Double
    /// Crypto calls of more than 100 ms, in the order of their ends.
    let slowCrypto: [Double]
    let acknowledgedWritesLost: Int
    let acknowledgedWritesUnanswered: Int
    let restart: NodeRestart

    static let titles = [
        "run", "killed", "next", "write outage ms", "failed writes", "crypto calls", "failed", "longest ms", "lost",
        "ready ms", "caught up ms",
    ]

    var row: [String] {
        [
            "\(run)", killed, nextLeader, "\(writeOutage)", "\(writesFailed.values.reduce(0, +))", "\(cryptoCalls)",
            "\(cryptoFailed.values.reduce(0, +))", "\(longestCrypto)", "\(acknowledgedWritesLost)",
            "\(restart.readyMilliseconds)", restart.caughtUpMilliseconds.map { "\($0)" } ?? "-",
        ]
    }

    struct Pace: Sendable {
        var writesPerSecond: Double
        var cryptoPerSecond: Double
        var secondsBefore: Double
        var secondsAfter: Double
    }

    /// Loads the federation, kills the leader, goes on, reads back every acknowledged write and brings the node back.
    static func run(
        _ number: Int, _ bench: BenchFederation, _ pace: Pace
    ) async throws -> (FailoverRun, written: [String]) {
        let leader = try await bench.leader()
        guard let local = bench.local, let node = local.topology.node(named: leader) else {
            throw BenchFailure("the leader \(leader) does not run on this machine")
        }
        let load = try await MixedLoad(bench)
        let running = Task {
            await load.run(writesPerSecond: pace.writesPerSecond, cryptoPerSecond: pace.cryptoPerSecond)
        }
        try await Task.sleep(for: .seconds(pace.secondsBefore))
        let killed = ContinuousClock.now
        guard local.process(of: node).send(SIGKILL) else { throw BenchFailure("\(leader) does not run") }
        try await Task.sleep(for: .seconds(pace.secondsAfter))
        load.stop()
        await running.value
        let next = try await bench.leader()
        let acknowledged = load.writes.filter { $0.error == nil }
        let check = await WriteCheck(client: bench.client).confirm(acknowledged.map(\.key))
        let restart = try await NodeRestart.run(bench, leader, awaitsLog: true)
        let ends = acknowledged.map(\.end).sorted()
        func relative(_ moment: ContinuousClock.Instant?) -> Double {
            moment.map { (($0 - killed) / .microseconds(1) / 1000).rounded(to: 1) } ?? .infinity
        }
        let gaps = zip(ends, ends.dropFirst()).filter { $1 > killed }
        let outage = gaps.map { ($1 - $0) / .microseconds(1) / 1000 }.max()
        guard let outage else { throw BenchFailure("no write was acknowledged after the kill of \(leader)") }
        let crypto = load.crypto.sorted { $0.end < $1.end }
        let result = FailoverRun(
            run: number, killed: leader, nextLeader: next, writeOutage: outage.rounded(to: 1),
            lastAcknowledgementBefore: relative(ends.last { $0 <= killed }),
            firstAcknowledgementAfter: relative(ends.first { $0 > killed }), writesAcknowledged: acknowledged.count,
            writesFailed: failures(load.writes), longestWrite: acknowledged.map(\.milliseconds).max() ?? 0,
            cryptoCalls: crypto.count, cryptoFailed: failures(crypto),
            longestCrypto: crypto.map(\.milliseconds).max() ?? 0,
            slowCrypto: crypto.map(\.milliseconds).filter { $0 > 100 }, acknowledgedWritesLost: check.lost.count,
            acknowledgedWritesUnanswered: check.unanswered.count, restart: restart)
        return (result, acknowledged.map(\.key))
    }

    private static func failures(_ calls: [MixedLoad.Call]) -> [String: Int] {
        calls.compactMap(\.error).reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}
