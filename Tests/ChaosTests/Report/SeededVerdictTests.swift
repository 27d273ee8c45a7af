import Chaos
import FoundationEssentials
import Simulation
import Testing

/// `claviger-sim mutants` reads what `claviger-chaos run` writes; here the one reads what the other really writes.
@Suite("What chaos says of a seeded bug")
struct SeededVerdictTests {
    private static let lost = ReportFinding(kind: Finding.Kind.lostWrite.rawValue, text: "eu/acme/k is gone")

    private func verdict(
        _ scenarios: [ScenarioReport], leftBehind: [String] = [], succeeded: Bool = false, isHung: Bool = false
    ) throws -> CheckVerdict {
        let json = try ReportFixture.report(scenarios, leftBehind: leftBehind).json()
        return CheckVerdict(
            layer: .chaos, output: String(decoding: json, as: UTF8.self), succeeded: succeeded, isTrap: false,
            isHung: isHung, seconds: 7)
    }

    private func scenario(_ name: String, _ runs: [RunReport], skipped: String? = nil) -> ScenarioReport {
        ScenarioReport(
            ReportFixture.scenario(name), seeds: [1], command: "claviger-chaos run \(name)", runs: runs,
            skipped: skipped)
    }

    private func broken(_ findings: [ReportFinding] = []) -> RunReport {
        var run = ReportFixture.run([.writesBack: .infinity], findings: findings)
        run.passed = false
        run.mishaps = ["eu-west: is not ready after 60.0 seconds"]
        return run
    }

    @Test func scenariosThatPassNoticeNothing() throws {
        let passed = try verdict([scenario("a", [ReportFixture.run()])], succeeded: true)
        #expect(passed.end == .passed && !passed.isCatch && passed.cell == "-" && passed.reason == nil)
    }

    @Test func whatWasFoundNoticesAndTheNumberIsThatOfScenarios() throws {
        let found = try verdict([
            scenario("a", [ReportFixture.run()]),
            scenario("b", [ReportFixture.run([.lostWrites: 2], findings: [Self.lost, Self.lost])]),
            scenario("c", [ReportFixture.run([.lostWrites: 1], findings: [Self.lost])]),
        ])
        #expect(found.end == .failed && found.isCatch && found.cell == "2")
        #expect(found.reason == "b: lostWrite: eu/acme/k is gone")
        #expect(found.seconds == 7)
    }

    @Test(arguments: [11, Double.infinity])
    func aBoundThatIsNotMetAloneSaysNothing(figure: Double) throws {
        var run = ReportFixture.run([.writesBack: figure])
        run.passed = false
        let missed = try verdict([scenario("a", [run])])
        #expect(missed.end == .undecided && !missed.isCatch)
        #expect(missed.reason == "a: writesBack is not within its bound, and nothing else was found")
    }

    @Test func aMishapAloneSaysNothingWhateverTheFigures() throws {
        let mishap = try verdict([scenario("a", [broken()])])
        #expect(mishap.end == .undecided && !mishap.isCatch && mishap.cell == "?")
        #expect(mishap.reason == "a: eu-west: is not ready after 60.0 seconds")
        let found = try verdict([scenario("a", [broken([Self.lost])])])
        #expect(found.end == .failed && found.reason == "a: lostWrite: eu/acme/k is gone")
    }

    @Test(arguments: [Finding.Kind.unanswered, .undecided])
    func whatNobodyCouldDecideSaysNothing(kind: Finding.Kind) throws {
        var run = ReportFixture.run([.unknownHistories: 1], findings: [ReportFinding(kind: kind.rawValue, text: "?")])
        run.figures[Measure.lostWrites.rawValue] = nil
        let open = try verdict([scenario("a", [run])])
        #expect(open.end == .undecided && open.reason == "a: \(kind.rawValue): ?")
    }

    @Test func aFigureThatIsMissingSaysNothing() throws {
        var run = ReportFixture.run()
        run.figures[Measure.writesBack.rawValue] = nil
        run.passed = false
        let missing = try verdict([scenario("a", [run])])
        #expect(missing.end == .undecided)
        #expect(missing.reason == "a: there is no figure for the bound of writesBack")
    }

    @Test func whatWasSkippedDoesNotPass() throws {
        let skipped = try verdict(
            [scenario("a", [ReportFixture.run()]), scenario("b", [], skipped: "it needs network namespaces: no root")],
            succeeded: true)
        #expect(skipped.end == .undecided && !skipped.isCatch)
        #expect(skipped.reason == "b was skipped: it needs network namespaces: no root")
    }

    @Test func whatEndedBadlyDoesNotPass() throws {
        let good = [scenario("a", [ReportFixture.run()])]
        #expect(try verdict(good).end == .undecided)
        #expect(try verdict(good, isHung: true).reason == "it took too long")
        #expect(try verdict(good, leftBehind: ["process 9: clavigerd"]).reason == "left behind: process 9: clavigerd")
        #expect(try verdict([], succeeded: true).reason == "nothing was run")
        let silent = CheckVerdict(
            layer: .chaos, output: "", succeeded: true, isTrap: false, isHung: false, seconds: 1)
        #expect(silent.end == .undecided && silent.reason == "there is no report; its log may say why")
    }
}
