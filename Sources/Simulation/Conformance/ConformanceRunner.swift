#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Runs the consensus core against scenario files in the format of etcd-io/raft.
///
/// Four kinds of file are told apart by their first commands: quorum rules, configuration changes, conversations of
/// whole groups, and whole nodes. They have to agree to the letter, conversations after free-text log lines are dropped
/// from both sides. The last kind is our own: what the layers above the core do.
package struct ConformanceRunner: Sendable {
    let root: String

    /// `directory` is searched for `.txt` files, with its subdirectories.
    package init(directory: String) { root = directory }

    /// Runs every file, in the order of their paths.
    package func run() throws -> ConformanceReport {
        var report = ConformanceReport()
        for path in try files(in: "") {
            let text = try String(contentsOfFile: root + "/" + path, encoding: .utf8)
            report.files.append(Self.run(text, name: path))
        }
        return report
    }

    func files(in folder: String) throws -> [String] {
        var found: [String] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder).sorted() {
            let path = folder.isEmpty ? name : folder + "/" + name
            var isDirectory = false
            guard FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory) else { continue }
            if isDirectory {
                found += try files(in: path)
            } else if name.hasSuffix(".txt") {
                found.append(path)
            }
        }
        return found
    }

    /// Runs one file's text.
    package static func run(_ text: String, name: String) -> ConformanceReport.File {
        var file = ConformanceReport.File(name: name)
        do {
            let directives = try ScenarioDirective.parse(text)
            for (directive, output) in zip(directives, outputs(of: directives)) {
                file.directives += 1
                guard output.isDifferent else { continue }
                file.differences.append(
                    ConformanceReport.Difference(
                        line: directive.line, command: directive.command, expected: output.expected,
                        actual: output.text))
            }
        } catch {
            file.directives += 1
            file.differences.append(
                ConformanceReport.Difference(line: 0, command: "", expected: "a scenario file", actual: error.text))
        }
        return file
    }

    /// What a command printed and should have printed, as far as it counts.
    struct Output {
        var text: String
        var expected: String

        var isDifferent: Bool { text != expected }
    }

    /// Carries out every command in turn.
    static func outputs(of directives: [ScenarioDirective]) -> [Output] {
        guard let first = directives.first else { return [] }
        var interpreter = interpreter(for: first.command)
        return directives.map { directive in
            let actual = interpreter.run(directive).endingWithNewline
            let ignoresLog = interpreter.printsLogLines
            return Output(
                text: comparable(actual, ignoresLog), expected: comparable(directive.expected, ignoresLog))
        }
    }

    private static func interpreter(for command: String) -> any ScenarioInterpreter {
        switch command {
        case "committed", "vote": QuorumScenario()
        case "simple", "enter-joint", "leave-joint": MembershipScenario()
        case "nodes": ShardScenario()
        default: InteractionScenario()
        }
    }

    /// Output as it is compared. When log lines do not count, output of nothing else is the same as "ok".
    private static func comparable(_ output: String, _ ignoresLog: Bool) -> String {
        guard ignoresLog else { return output }
        let kept = output.split(separator: "\n").filter { line in
            let text = line.drop { $0 == " " }
            return !["DEBUG ", "INFO ", "WARN ", "ERROR "].contains { text.hasPrefix($0) }
        }
        return kept.isEmpty ? "ok\n" : kept.joined(separator: "\n") + "\n"
    }
}

/// Carries out the commands of one kind of scenario.
protocol ScenarioInterpreter {
    /// Whether the expected output is mixed with log lines, which are free text.
    var printsLogLines: Bool { get }
    /// Carries out one command and returns what it prints.
    mutating func run(_ directive: ScenarioDirective) -> String
}

extension String {
    fileprivate var endingWithNewline: String { isEmpty || hasSuffix("\n") ? self : self + "\n" }
}
