import ArgumentParser
import Foundation

/// What the judges of the disk have in common.
struct RunOptions: ParsableArguments {
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

    /// A line that grows on a terminal; nothing in a pipe.
    func progress(_ done: Int, of total: Int, _ what: String) {
        guard isatty(2) == 1, done % 10 == 0 || done == total else { return }
        FileHandle.standardError.write(Data("\r\(done) of \(total) \(what)\(done == total ? "\n" : "")".utf8))
    }

    /// Prints the report in the form that was asked for.
    func show(_ report: some Encodable, lines: [String]) throws {
        guard output == .json else {
            for line in lines { print(line) }
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}
