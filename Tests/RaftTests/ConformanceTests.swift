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
}
