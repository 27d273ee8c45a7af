import Simulation
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Conformance with etcd-io/raft")
struct ConformanceTests {
    /// The scenario files beside the package.
    static let directory: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/") + "/shared/conformance/etcd-raft"
    }()

    static let isPresent = FileManager.default.fileExists(atPath: directory)

    @Test(
        "Every directive of every scenario file agrees",
        .enabled(if: isPresent, "SKIPPED: no scenario files at \(directory)"))
    func everyDirectiveAgrees() throws {
        let report = try ConformanceRunner(directory: Self.directory).run()
        #expect(report.directives >= 415)
        #expect(report.isComplete, "\(report.lines(verbose: true).joined(separator: "\n"))")
    }

    @Test("The runner reports a directive that differs")
    func differencesAreReported() {
        let text = "vote cfg=(1) votes=(y)\n----\nVoteLost\n\nvote cfg=(1) votes=(y)\n----\nVoteWon\n"
        let file = ConformanceRunner.run(text, name: "wrong.txt")
        #expect(file.directives == 2)
        #expect(file.differences.map(\.line) == [1])
        #expect(file.differences.map(\.actual) == ["VoteWon\n"])
    }

    @Test("Log lines do not count in conversations, everything else does")
    func logLinesDoNotCount() {
        let add = "add-nodes 1 voters=(1) index=2\n----\nINFO free text\n\n"
        let good = ConformanceRunner.run(add + "raft-state\n----\n1: StateFollower (Voter) Term:0 Lead:0\n", name: "a")
        #expect(good.differences.isEmpty)
        let bad = ConformanceRunner.run(add + "raft-state\n----\n1: StateLeader (Voter) Term:0 Lead:0\n", name: "b")
        #expect(bad.differences.count == 1)
    }

    // MARK: Our own

    /// The scenario files of this project.
    static let ownDirectory: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast()
        return parts.joined(separator: "/") + "/scenarios"
    }()

    @Test("Every directive of our own scenario files agrees")
    func ownScenariosAgree() throws {
        let report = try ConformanceRunner(directory: Self.ownDirectory).run()
        #expect(report.files.count >= 150)
        for file in report.files {
            #expect(file.directives > 0, "\(file.name) is empty")
            for difference in file.differences {
                let place = SourceLocation(
                    fileID: "RaftTests/\(file.name)", filePath: "\(Self.ownDirectory)/\(file.name)",
                    line: max(1, difference.line), column: 1)
                let comparison = difference.comparison.joined(separator: "\n")
                Issue.record(
                    "\(file.name):\(difference.line): \(difference.command)\n\(comparison)", sourceLocation: place)
            }
        }
    }

    @Test("Every scenario file of our own says first what it shows")
    func ownScenariosAreExplained() throws {
        for file in try ConformanceRunner(directory: Self.ownDirectory).run().files {
            let text = try String(contentsOfFile: "\(Self.ownDirectory)/\(file.name)", encoding: .utf8)
            #expect(text.hasPrefix("# "), "\(file.name)")
        }
    }

    @Test("Rewriting puts the printed output in the place of a wrong one and leaves everything else as it is")
    func rewriting() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/scenarios-\(UInt64.random(in: 0 ..< .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let good = "# A comment.\n\nvote cfg=(1) votes=(y)\n----\nVoteWon\n\n# The end.\n"
        try good.replacing("VoteWon", with: "VoteLost\nVotePending")
            .write(toFile: folder + "/a.txt", atomically: true, encoding: .utf8)
        try good.write(toFile: folder + "/b.txt", atomically: true, encoding: .utf8)
        let runner = ConformanceRunner(directory: folder)
        #expect(try !runner.run().isComplete)
        #expect(try runner.rewrite() == ["a.txt"])
        #expect(try runner.run().isComplete)
        #expect(try String(contentsOfFile: folder + "/a.txt", encoding: .utf8) == good)
        #expect(try runner.rewrite().isEmpty)
    }

    @Test("A scenario of whole nodes reports what it cannot carry out, and goes on")
    func impossibleCommands() {
        let commands = [
            ("nodes 99", "1 to 9 nodes are needed"), ("run 10", "the first command must be nodes"),
            ("nodes 1 wings=2", "unknown setting wings"), ("nodes 1", "ok"), ("fly", "unknown command"),
            ("write 2 a=1", "no such node: 2"), ("restart 1", "n1 runs"), ("carry", "no snapshot is on its way"),
            ("run 1000000", "a time in milliseconds is needed, at most ten minutes"),
        ]
        let text = commands.map { "\($0.0)\n----\n\($0.1)\n" }.joined(separator: "\n")
        let file = ConformanceRunner.run(text, name: "impossible.txt")
        #expect(file.directives == commands.count)
        #expect(file.differences == [])
    }
}
