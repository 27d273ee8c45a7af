import Foundation
import Simulation

/// The layers of checks of the copy, each a process that is told which mistake to make.
struct SeededChecks {
    var tree: String
    var seeds: Int
    var cycles: Int
    var trials: Int
    var jobs: Int
    /// Folder of etcd-io/raft's scenario files.
    var etcd: String?
    /// The scenarios of chaos that are run without a mistake.
    var scenarios: [String]
    /// Seconds that a layer may take. Whatever waits for ever was noticed, too. A scenario takes a minute.
    var limits: [CheckLayer: Double] = [.chaos: 3600]

    /// The tests of the modules that mistakes stand in, and of those right above. The other tests start programs, hold
    /// connections to deadlines, or judge the judges.
    private static let tests = "^(Raft|Wire|Storage|Cluster|KeyModel|KeyReplication)Tests\\."
    private static let storms = "^RaftTests\\.SafetyTests"
    /// The five locks, and the test in which a holder outlives the bound of its staleness.
    private static let locks = "^KeyOperationsTests\\..*(FiveLocks|Rotation/outlasts)"

    /// Runs layers side by side; `bug` is nil for the control. Chaos comes last and alone: beside other work its
    /// figures are of no use.
    func run(_ layers: [CheckLayer], seeding bug: SeededBug?) throws -> [CheckVerdict] {
        try run(layers.filter { $0 != .chaos }, atOnce: jobs, seeding: bug)
            + run(layers.filter { $0 == .chaos }, atOnce: 1, seeding: bug)
    }

    private func run(_ layers: [CheckLayer], atOnce: Int, seeding bug: SeededBug?) throws -> [CheckVerdict] {
        let number = bug?.number ?? 0
        let logs = "\(tree)/.build/seeded"
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        let report = "\(logs)/\(number)-chaos"
        // One of an earlier run must not speak for this one.
        if layers.contains(.chaos), FileManager.default.fileExists(atPath: report) {
            try FileManager.default.removeItem(atPath: report)
        }
        let orders = layers.map { layer in
            let (program, arguments) = command(for: layer, scenarios: bug?.scenarios ?? scenarios, report: report)
            return ChildProcess.Order(
                program: program, arguments: arguments, log: "\(logs)/\(number)-\(layer.rawValue).log",
                limit: limits[layer] ?? 600,
                environment: [SeededBugList.variable: "\(number)", "SWIFT_BACKTRACE": "enable=no"])
        }
        let ends = try ChildProcess.run(orders, atOnce: atOnce)
        return zip(layers, zip(orders, ends)).map { layer, run in
            let (order, end) = run
            let output = layer == .chaos ? "\(report)/report.json" : order.log
            return CheckVerdict(
                layer: layer,
                output: (try? String(contentsOfFile: output, encoding: .utf8)) ?? "",
                succeeded: end.succeeded, isTrap: end.isSignal, isHung: end.isTooLate, seconds: end.seconds)
        }
    }

    private func command(
        for layer: CheckLayer, scenarios: [String], report: String
    ) -> (program: String, arguments: [String]) {
        let simulator = "\(tree)/.build/release/claviger-sim"
        switch layer {
        case .simulation:
            return (simulator, ["run", "--first", "1", "--seeds", "\(seeds)", "--verbose", "--until-failure"])
        case .scenarios:
            var arguments = ["conformance", "--dir", "\(tree)/Tests/RaftTests/scenarios"]
            if let etcd { arguments += ["--dir", etcd] }
            return (simulator, arguments)
        case .crashes: return (simulator, ["crash", "--cycles", "\(cycles)", "--until-failure"])
        case .bitrot: return (simulator, ["bitrot", "--trials", "\(trials)"])
        case .tests: return tests(Self.tests, except: Self.storms)
        case .storms: return tests(Self.storms)
        case .locks: return tests(Self.locks)
        case .chaos:
            let arguments = ["run"] + scenarios + ["--folder", "\(tree)/chaos", "--report", report]
            return ("\(tree)/.build/release/claviger-chaos", arguments)
        }
    }

    private func tests(_ filter: String, except skipped: String? = nil) -> (program: String, arguments: [String]) {
        var arguments = ["--testing-library", "swift-testing", "--filter", filter]
        if let skipped { arguments += ["--skip", skipped] }
        return ("\(tree)/.build/release/clavigerPackageTests.xctest", arguments)
    }
}
