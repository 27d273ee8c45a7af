package import FoundationEssentials

/// What came out of a whole call of `claviger-chaos run`: the source of `report.json` and `report.html`.
package struct ChaosReport: Sendable, Codable, Equatable {
    /// When the first run began, ISO 8601 in UTC.
    package var started: String
    /// How long all of it took, in seconds; 0 while it goes on.
    package var seconds: Double
    package var machine: ReportMachine
    /// Of the program that made the report, and of the nodes that it ran, for a person; empty if nobody said.
    package var version: String
    /// Words of the command line, the program's name first.
    package var command: [String]
    /// In the order in which they were run.
    package var scenarios: [ScenarioReport]
    /// Processes, namespaces, mounts and folders that should be gone and are not: one line each.
    package var leftBehind: [String]

    package init(
        started: Date, seconds: Double = 0, machine: ReportMachine, version: String = "", command: [String],
        scenarios: [ScenarioReport] = [], leftBehind: [String] = []
    ) {
        self.started = started.formatted(.iso8601)
        self.seconds = seconds
        self.machine = machine
        self.version = version
        self.command = command
        self.scenarios = scenarios
        self.leftBehind = leftBehind
    }

    /// Something ran, nothing failed and nothing was left behind.
    package var passed: Bool {
        leftBehind.isEmpty && failures.isEmpty && scenarios.contains { $0.verdict == .passed }
    }

    package var failures: [ScenarioReport] { scenarios.filter { $0.verdict == .failed } }
    package var runs: Int { scenarios.reduce(0) { $0 + $1.runs.count } }

    /// A figure of all runs together; nil: no run has it.
    package func total(_ measure: Measure) -> Double? {
        let figures = scenarios.flatMap { $0.figures(measure).compactMap(\.self) }
        return figures.isEmpty ? nil : figures.reduce(0, +)
    }
}

extension ChaosReport {
    /// `report.json`: keys in order, no blanks; a figure without an end is the text `never`.
    ///
    /// Throws what `JSONEncoder` throws.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "never", negativeInfinity: "-never", nan: "none")
        return try encoder.encode(self)
    }

    /// Reads what `json` wrote. Throws what `JSONDecoder` throws.
    package init(json: Data) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "never", negativeInfinity: "-never", nan: "none")
        self = try decoder.decode(ChaosReport.self, from: json)
    }

    /// Writes `report.json` and `report.html` into a folder, which is made if it is not there. Each file is whole or as
    /// it was before.
    package func write(to folder: String) throws(ChaosError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try json().write(to: URL(filePath: "\(folder)/report.json"), options: .atomic)
            try Data(html().utf8).write(to: URL(filePath: "\(folder)/report.html"), options: .atomic)
        } catch {
            throw ChaosError(folder, "the report cannot be written: \(error)")
        }
    }

    /// `report.html`: one file that needs nothing else and can be read without scripts.
    package func html() -> String { ReportPage(self).text }
}
