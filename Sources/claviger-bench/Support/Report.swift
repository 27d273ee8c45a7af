import ArgumentParser
import FoundationEssentials

/// How results are printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument { case table, json }

/// What a command prints: the same frame around each command's own results.
struct Report<Results: Encodable>: Encodable {
    let command: String
    let arguments: [String]
    let started: String
    let machine: Machine
    let results: Results

    init(_ command: String, started: Date, machine: Machine, _ results: Results) {
        self.command = command
        self.arguments = Array(CommandLine.arguments.dropFirst())
        self.started = started.formatted(.iso8601)
        self.machine = machine
        self.results = results
    }

    /// Prints JSON, or the table's rows under its titles.
    func emit(_ format: OutputFormat, titles: [String], rows: [[String]]) throws {
        guard format == .table else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return Console.say(String(decoding: try encoder.encode(self), as: UTF8.self))
        }
        let lines = [titles.map { $0.uppercased() }] + rows
        let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        for line in lines {
            let cells = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            Console.say(cells.joined(separator: "  "))
        }
    }
}

extension Double {
    /// Rounded to so many digits behind the point, for people and for short JSON.
    func rounded(to digits: Int) -> Double {
        let factor = [1.0, 10, 100, 1000][min(3, max(0, digits))]
        return (self * factor).rounded() / factor
    }
}
