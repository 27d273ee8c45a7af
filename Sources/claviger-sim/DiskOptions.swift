import ArgumentParser
import Foundation
import Simulation

/// What the judges of the disk have in common.
struct DiskOptions: ParsableArguments {
    /// How a report is printed.
    enum Output: String, ExpressibleByArgument {
        case table, json
    }

    @Option(help: "What everything is drawn from.")
    var seed: UInt64 = 1

    @Option(help: "table or json.")
    var output = Output.table

    @Option(name: .customLong("dir"), help: "Where scratch files go; in memory unless given.")
    var directory: String?

    /// Runs `count` trials from 0, or only the one of that number, and prints the report. `what` names trials. Throws
    /// exit code 1 when something was wrong. `prepare` sets what is the runner's own.
    func judge<Runner: DiskRunner>(
        with runner: Runner.Type, count: Int, only number: Int?, what: String,
        prepare: (inout Runner) -> Void = { _ in }
    ) throws {
        guard count > 0, number ?? 0 >= 0 else { throw ValidationError("\(what) are counted from 0") }
        let numbers = number.map { $0..<$0 + 1 } ?? 0..<count
        var runner = Runner(seed: seed, folder: directory)
        prepare(&runner)
        runner.progress = { progress($0, of: numbers.count, what) }
        guard let report = try runner.run(numbers) else { throw ValidationError("no scratch folder can be made") }
        try show(report)
        if !report.isGood { throw ExitCode(1) }
    }

    /// A line that grows on a terminal; nothing in a pipe.
    private func progress(_ done: Int, of total: Int, _ what: String) {
        guard StandardError.isTerminal, done % 10 == 0 || done == total else { return }
        StandardError.write("\r\(done) of \(total) \(what)\(done == total ? "\n" : "")")
    }

    /// Prints the report in the form that was asked for.
    private func show(_ report: some DiskReport) throws {
        guard output == .json else {
            for line in report.lines { print(line) }
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}
