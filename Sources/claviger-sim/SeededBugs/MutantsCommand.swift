import ArgumentParser
import Foundation
import Simulation

/// Puts known mistakes into a copy of the product and looks which checks notice them.
struct MutantsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mutants",
        abstract: "Put known mistakes into a copy of the product, one at a time, and see which checks notice them.",
        discussion: """
            The mistakes are the files of Tests/SeededBugs. They are built into a copy of the sources, all of them at \
            once; a variable of the environment chooses one. Runs in the repository. Exits with 1 when a mistake is \
            noticed by nothing. The layer chaos plays the scenarios that a mistake names, on real nodes: it wants root \
            and a machine that does nothing else.
            """)

    @Option(name: .customLong("dir"), help: "The copy of the sources, and its build.")
    var directory = ".build/mutants/tree"

    @Option(help: "Numbers of the mistakes, with commas between them; all unless given.")
    var only: String?

    @Option(help: "Layers of checks, with commas between them; all but chaos unless given.")
    var layers: String?

    @Flag(help: "Ask the next layer of checks only while no other one has noticed the mistake.")
    var quick = false

    @Option(help: "Seeds to simulate for each mistake.")
    var seeds = 200

    @Option(help: "Crash cycles for each mistake of the store.")
    var cycles = 300

    @Option(help: "Trials with damaged files for each mistake of the store.")
    var trials = 350

    @Option(help: "Processes at the same time.")
    var jobs = 2

    @Option(help: "Folder of etcd-io/raft's scenario files; without it only our own are run.")
    var etcd = "../shared/conformance/etcd-raft"

    @Option(help: "table or json.")
    var output = DiskOptions.Output.table

    @Flag(help: "Write the copy and end.")
    var prepareOnly = false

    @Flag(help: "Take the copy as it was built last.")
    var noBuild = false

    @Flag(help: "Take it as given that all checks pass without a mistake.")
    var noControl = false

    func validate() throws {
        _ = try chosenLayers()
        guard seeds > 0, cycles > 0, trials > 0, jobs > 0 else {
            throw ValidationError("--seeds, --cycles, --trials and --jobs must be at least 1")
        }
    }

    func run() throws {
        let list: SeededBugList
        let tree: SeededTree
        do throws(SeededBugError) {
            list = try SeededBugList(repository: ".")
            tree = try SeededTree(path: directory)
        } catch {
            throw ValidationError(error.description)
        }
        let chosen = try choose(from: list)
        if !noBuild {
            try tree.write(list)
            if prepareOnly { return print("the copy is in \(tree.path)") }
            try tree.build()
        }
        var checks = SeededChecks(
            tree: tree.path, seeds: seeds, cycles: cycles, trials: trials, jobs: jobs,
            etcd: FileManager.default.fileExists(atPath: etcd) ? etcd : nil,
            scenarios: Set(chosen.flatMap(\.scenarios)).sorted())
        if !noControl { try control(&checks, of: chosen) }
        try judge(chosen, with: checks)
    }

    /// The mistakes that a layer is asked about.
    private func choose(from list: SeededBugList) throws -> [SeededBug] {
        let layers = try chosenLayers()
        func isReached(_ bug: SeededBug) -> Bool { layers.contains { $0.reaches(bug) } }
        guard let only else {
            let reached = list.bugs.filter(isReached)
            guard !reached.isEmpty else { throw ValidationError("no layer that is asked reaches any mistake") }
            return reached
        }
        return try only.split(separator: ",").map { word in
            guard let bug = list.bugs.first(where: { "\($0.number)" == word }) else {
                throw ValidationError("there is no mistake \(word)")
            }
            guard isReached(bug) else { throw ValidationError("no layer that is asked reaches mistake \(word)") }
            return bug
        }
    }

    private func chosenLayers() throws -> Set<CheckLayer> {
        guard let layers else { return Set(CheckLayer.standard) }
        return Set(
            try layers.split(separator: ",").map { word in
                guard let layer = CheckLayer(rawValue: String(word)) else {
                    let known = CheckLayer.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("there is no layer \(word); there are \(known)")
                }
                return layer
            })
    }

    /// Without a mistake everything passes; how long that takes bounds what follows.
    private func control(_ checks: inout SeededChecks, of bugs: [SeededBug]) throws {
        Self.tell("control: all checks without a mistake")
        let chosen = try chosenLayers()
        let asked = CheckLayer.allCases.filter { chosen.contains($0) && bugs.contains(where: $0.reaches) }
        for verdict in try checks.run(asked, seeding: nil) {
            guard verdict.end == .passed else {
                print("without any mistake, \(verdict.layer.rawValue) does not pass: \(verdict.reason ?? "no reason")")
                throw ExitCode(1)
            }
            checks.limits[verdict.layer] = 60 + 5 * verdict.seconds
        }
    }

    private func judge(_ bugs: [SeededBug], with checks: SeededChecks) throws {
        var matrix = SeededBugMatrix()
        let chosen = try chosenLayers()
        for bug in bugs {
            var verdicts: [CheckVerdict] = []
            let layers = (quick ? CheckLayer.quickestFirst : CheckLayer.allCases).filter {
                chosen.contains($0) && $0.reaches(bug)
            }
            for part in quick ? layers.map({ [$0] }) : [layers] where !verdicts.contains(where: \.isCatch) {
                verdicts += try checks.run(part, seeding: bug)
            }
            matrix.rows.append(SeededBugMatrix.Row(bug, verdicts))
            let cells = verdicts.map { "\($0.layer.rawValue) \($0.cell)" }.joined(separator: ", ")
            Self.tell("\(bug.number) \(bug.title): \(cells)")
        }
        if output == .json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(matrix), as: UTF8.self))
        } else {
            for line in matrix.lines { print(line) }
        }
        if !matrix.isComplete { throw ExitCode(1) }
    }

    /// A line of progress on a terminal; nothing in a pipe.
    static func tell(_ line: String) {
        if StandardError.isTerminal { StandardError.write(line + "\n") }
    }
}
