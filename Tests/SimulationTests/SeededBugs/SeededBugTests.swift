import Foundation
import Simulation
import Testing

@Suite("Seeded bugs")
struct SeededBugTests {
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")

    // MARK: The list

    @Test("Every mistake of the list fits the sources as they are, and none is in them")
    func theListFits() throws {
        let list = try SeededBugList(repository: Self.root)
        #expect(list.bugs.count >= 43)
        let changed = try list.applied { try? String(contentsOfFile: "\(Self.root)/\($0)", encoding: .utf8) }
        for (file, text) in changed {
            let original = try String(contentsOfFile: "\(Self.root)/\(file)", encoding: .utf8)
            #expect(!original.contains("isSeeded("), "\(file) has a mistake in it")
            #expect(text != original)
        }
        for bug in list.bugs { #expect(changed.values.contains { $0.contains("isSeeded(\(bug.number))") }) }
    }

    @Test("Every scenario that a mistake names is there, and every mistake is reached without one")
    func scenariosAreThere() throws {
        let list = try SeededBugList(repository: Self.root)
        #expect(list.bugs.filter { CheckLayer.chaos.reaches($0) }.map(\.number) == [12, 45, 46])
        for bug in list.bugs {
            for name in bug.scenarios {
                let path = "\(Self.root)/chaos/\(name).yaml"
                #expect(FileManager.default.fileExists(atPath: path), "\(bug.number) names \(name)")
            }
            #expect(CheckLayer.standard.contains { $0.reaches(bug) })
        }
    }

    // MARK: Reading

    private static let file = """
        12 ack before sync
        Says too early
        what is not done.

        edit Sources/Raft/A.swift
        <<<
          one
          two
        ===
          isSeeded(12) ? two : one
        >>>

        edit Sources/Storage/B.swift
        <<<
        x
        ===
        if isSeeded(12) { y } else { x }
        >>>

        """

    @Test("A file has a number, a title, what is wrong, and edits")
    func parsing() throws {
        let bug = try SeededBug(parsing: Self.file, name: "a")
        #expect(bug.number == 12)
        #expect(bug.title == "ack before sync")
        #expect(bug.summary == "Says too early\nwhat is not done.")
        #expect(bug.edits.map(\.file) == ["Sources/Raft/A.swift", "Sources/Storage/B.swift"])
        #expect(bug.edits[0].text == "  one\n  two")
        #expect(bug.edits[0].replacement == "  isSeeded(12) ? two : one")
        #expect(bug.modules == ["Raft", "Storage"])
        #expect(bug.scenarios.isEmpty)
    }

    @Test("A line after what is wrong names scenarios of chaos")
    func scenarios() throws {
        let text = Self.file.replacing(
            "\n\nedit Sources/Raft", with: "\n\nchaos power-loss-behind wan-20ms\n\nedit Sources/Raft")
        let bug = try SeededBug(parsing: text, name: "a")
        #expect(bug.scenarios == ["power-loss-behind", "wan-20ms"])
        #expect(bug.summary == "Says too early\nwhat is not done.")
        #expect(bug.edits.count == 2)
    }

    @Test(
        "A file that is no such thing is refused, with the reason",
        arguments: [
            ("12 ack before sync", "twelve", "the first line is no number and title"),
            ("Says too early\nwhat is not done.\n", "", "nothing says what is wrong"),
            ("edit Sources/Storage/B.swift", "and Sources/Storage/B.swift", "no edit begins with"),
            ("Sources/Storage/B.swift", "Sources/Storage/../../B.swift", "is no source of the product"),
            ("Sources/Storage/B.swift", "Sources/Simulation/B.swift", "is no source of the product"),
            ("Sources/Storage/B.swift", "Tests/StorageTests/B.swift", "is no source of the product"),
            ("{ y } else { x }\n>>>", "{ y } else { x }", "is not closed"),
            ("x\n===\n", "===\n", "looks for nothing"),
            ("if isSeeded(12)", "if isSeeded(13)", "does not ask isSeeded(12)"),
            ("Says too early\nwhat is not done.\n", "chaos a\n", "nothing says what is wrong"),
            ("edit Sources/Raft/A.swift", "chaos \nedit Sources/Raft/A.swift", "no names of scenarios"),
            ("edit Sources/Raft/A.swift", "chaos a a\nedit Sources/Raft/A.swift", "no names of scenarios"),
            ("edit Sources/Raft/A.swift", "chaos --keep\nedit Sources/Raft/A.swift", "no names of scenarios"),
            ("edit Sources/Raft/A.swift", "chaos ../a\nedit Sources/Raft/A.swift", "no names of scenarios"),
            ("edit Sources/Storage/B.swift", "chaos a\nedit Sources/Storage/B.swift", "no edit begins with"),
            ("Sources/Storage/B.swift", "Sources/Chaos/B.swift", "is no source of the product"),
        ])
    func malformed(part: String, instead: String, reason: String) {
        let error = #expect(throws: SeededBugError.self) {
            try SeededBug(parsing: Self.file.replacing(part, with: instead), name: "a")
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("A file without an edit is refused")
    func noEdit() {
        #expect(throws: SeededBugError("a: there is no edit")) { try SeededBug(parsing: "1 a b\nWrong.\n", name: "a") }
    }

    @Test("Two mistakes do not share a number")
    func numbers() throws {
        let bug = try SeededBug(parsing: Self.file, name: "a")
        #expect(throws: SeededBugError.self) { try SeededBugList([bug, bug]) }
    }

    // MARK: Applying

    private static func bug(_ number: Int, _ text: String, _ replacement: String) throws -> SeededBug {
        try SeededBug(
            parsing: "\(number) t\nWrong.\nedit Sources/Raft/A.swift\n<<<\n\(text)\n===\n\(replacement)\n>>>\n",
            name: "\(number)")
    }

    @Test("All mistakes are in the result, each at its place, and the rest is as it was")
    func applying() throws {
        let list = try SeededBugList([
            try Self.bug(2, "five", "isSeeded(2) ? 5 : five"),
            try Self.bug(1, "two three", "isSeeded(1) ? 3 : two three"),
        ])
        let result = try list.applied { $0 == "Sources/Raft/A.swift" ? "one\ntwo three\nfour five\n" : nil }
        #expect(
            result == [
                "Sources/Raft/A.swift": "one\nisSeeded(1) ? 3 : two three\nfour isSeeded(2) ? 5 : five\n"
            ])
        #expect(list.modules == ["Raft"])
    }

    @Test("A text that is missing, or stands there twice, is refused", arguments: ["one two two", "one"])
    func ambiguous(text: String) throws {
        let list = try SeededBugList([try Self.bug(1, "two", "isSeeded(1)")])
        #expect(throws: SeededBugError.self) { try list.applied { _ in text } }
        #expect(throws: SeededBugError.self) { try list.applied { _ in nil } }
    }

    @Test("Two mistakes may touch, but not overlap")
    func overlap() throws {
        let first = try Self.bug(1, "one two", "isSeeded(1)")
        let overlapping = try SeededBugList([first, try Self.bug(2, "two three", "isSeeded(2)")])
        #expect(throws: SeededBugError("bugs 1 and 2 change the same text of Sources/Raft/A.swift")) {
            try overlapping.applied { _ in "one two three" }
        }
        let touching = try SeededBugList([first, try Self.bug(2, " three", " isSeeded(2)")])
        #expect(try touching.applied { _ in "one two three" }.values.first == "isSeeded(1) isSeeded(2)")
    }

    // MARK: The matrix

    @Test("A layer is asked about mistakes in what it runs, and chaos only when somebody names it")
    func reach() throws {
        func layers(_ file: String, _ line: String = "") throws -> [CheckLayer] {
            let bug = try SeededBug(
                parsing: "1 t\nWrong.\n\(line)\nedit \(file)\n<<<\na\n===\nisSeeded(1)\n>>>\n", name: "1")
            return CheckLayer.allCases.filter { $0.reaches(bug) }
        }
        let always: [CheckLayer] = [.simulation, .scenarios, .tests]
        #expect(try layers("Sources/KeyModel/A.swift") == always)
        #expect(try layers("Sources/KeyOperations/A.swift") == always + [.locks])
        #expect(try layers("Sources/KeyOperations/A.swift", "chaos a") == always + [.locks, .chaos])
        #expect(try layers("Sources/Raft/A.swift", "chaos a") == always + [.storms, .chaos])
        #expect(CheckLayer.standard == [.simulation, .scenarios, .crashes, .bitrot, .tests, .storms, .locks])
        #expect(Set(CheckLayer.quickestFirst) == Set(CheckLayer.allCases))
    }

    @Test(
        "What a layer printed is read for what it found, and when",
        arguments: [
            (
                CheckLayer.simulation, "1  ab  5 steps  9 ms  x\nseed 2, step 7: I3: other\n  plan", 2,
                "seed 2, step 7: I3: other"
            ),
            (.crashes, "seed 1, 3 cycles\n\ncycle 2: lost\n  replay", 3, "cycle 2: lost"),
            (.bitrot, "seed 1\ntrial 0, wal: silent\n", 1, "trial 0, wal: silent"),
            (.scenarios, "a/b.txt: 3 of 3\na/c.txt: 2 of 3\nd.txt: 0 of 1\n5 of 7 directives", 2, "a/c.txt: 2 of 3"),
            (
                .tests,
                "✔ Test \"a\" passed after 1 seconds.\n✘ Test \"b c\" failed after 2 seconds with 1 issue.\n"
                    + "✘ Test run with 2 tests failed after 3 seconds.", 1,
                "Test \"b c\" failed after 2 seconds with 1 issue."
            ),
        ])
    func output(layer: CheckLayer, text: String, count: Int, reason: String) {
        let verdict = CheckVerdict(
            layer: layer, output: text, succeeded: false, isTrap: false, isHung: false, seconds: 1)
        #expect(verdict.end == .failed)
        #expect(verdict.count == count)
        #expect(verdict.reason == reason)
        let passed = CheckVerdict(layer: layer, output: "", succeeded: true, isTrap: false, isHung: false, seconds: 1)
        #expect(!passed.isCatch)
        #expect(passed.cell == "-")
    }

    @Test("A seed that traps is the one after those that were told of")
    func trap() {
        let text = "1  ab  5 steps  9 ms  x\n2  cd  5 steps  9 ms  x\nFatal error: out of order\n"
        let verdict = CheckVerdict(
            layer: .simulation, output: text, succeeded: false, isTrap: true, isHung: false, seconds: 1)
        #expect(verdict.end == .died)
        #expect(verdict.cell == "3 (trap)")
        #expect(verdict.reason == "Fatal error: out of order")
    }

    @Test("The matrix says which layer noticed what, and what nothing did")
    func matrix() throws {
        var matrix = SeededBugMatrix()
        matrix.rows.append(
            SeededBugMatrix.Row(
                try Self.bug(7, "a", "isSeeded(7)"),
                [
                    CheckVerdict(layer: .simulation, end: .failed, count: 12, seconds: 1),
                    CheckVerdict(layer: .scenarios, end: .passed, seconds: 1),
                    CheckVerdict(layer: .tests, end: .hung, seconds: 1),
                ]))
        #expect(matrix.isComplete)
        matrix.rows.append(
            SeededBugMatrix.Row(
                try Self.bug(11, "a", "isSeeded(11)"), [CheckVerdict(layer: .tests, end: .passed, seconds: 1)]))
        #expect(!matrix.isComplete)
        #expect(
            matrix.lines == [
                "no.  bug  simulation  scenarios  tests",
                "7    t    12          -          hung",
                "11   t                           -",
                "", "1 of 2 bugs caught", "caught by nothing: 11 t",
            ])
    }

    @Test("A layer that could not say has noticed nothing, and the matrix tells why")
    func undecided() throws {
        var matrix = SeededBugMatrix()
        let verdict = CheckVerdict(layer: .chaos, end: .undecided, reason: "a was skipped: no root", seconds: 1)
        matrix.rows.append(SeededBugMatrix.Row(try Self.bug(7, "a", "isSeeded(7)"), [verdict]))
        #expect(!matrix.isComplete)
        #expect(
            matrix.lines == [
                "no.  bug  chaos", "7    t    ?", "", "0 of 1 bugs caught", "caught by nothing: 7 t",
                "7: chaos could not say: a was skipped: no root",
            ])
    }
}
