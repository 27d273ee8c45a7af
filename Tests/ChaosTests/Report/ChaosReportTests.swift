import Chaos
import FoundationEssentials
import Testing

@Suite("Reports of chaos runs")
struct ChaosReportTests {
    @Test("JSON goes there and back, also with a gap without an end")
    func roundTrip() throws {
        let runs = [ReportFixture.run([.writesBack: .infinity])]
        let report = ReportFixture.report([
            ScenarioReport(ReportFixture.scenario(), seeds: [1], command: "c", runs: runs)
        ])
        let json = try report.json()
        #expect(String(decoding: json, as: UTF8.self).contains("\"writesBack\":\"never\""))
        let back = try ChaosReport(json: json)
        #expect(back == report)
    }

    @Test("The worst run decides, unless the bound is for the middle")
    func rows() {
        let bounds = [Expectation(.writesBack, 4), Expectation(.writesBack, 3, isForMiddle: true)]
        let runs = [2.0, 5, 2.5].enumerated().map { ReportFixture.run(seed: UInt64($0), [.writesBack: $1]) }
        let report = ScenarioReport(
            ReportFixture.scenario(expectations: bounds), seeds: [0, 1, 2], command: "c", runs: runs)
        #expect(report.rows.prefix(2).map(\.worst) == [5, 5])
        #expect(report.rows.prefix(2).map(\.middle) == [2.5, 2.5])
        #expect(report.rows.prefix(2).map(\.passed) == [false, true])
        #expect(report.verdict == .failed)
        #expect(report.worstRun?.seed == 1)
    }

    @Test("Of shares the smallest is the worst")
    func shares() {
        let runs = [0.99, 0.7].map { ReportFixture.run([.secondsWithWrites: $0]) }
        let scenario = ReportFixture.scenario(expectations: [Expectation(.secondsWithWrites, 0.9)])
        let report = ScenarioReport(scenario, seeds: [1], command: "c", runs: runs)
        #expect(report.rows.first?.worst == 0.7)
        #expect(report.rows.first?.passed == false)
    }

    @Test("A bound without a figure is not met, and a lost write never passes")
    func missing() {
        let scenario = ReportFixture.scenario(expectations: [Expectation(.cryptoGap, 1)])
        let silent = ScenarioReport(scenario, seeds: [1], command: "c", runs: [ReportFixture.run()])
        #expect(silent.rows.first?.passed == false)
        #expect(silent.rows.first?.missing == 1)
        let lossy = ScenarioReport(
            ReportFixture.scenario(), seeds: [1], command: "c", runs: [ReportFixture.run([.lostWrites: 1])])
        #expect(lossy.verdict == .failed)
    }

    @Test("What was left behind, or nothing that ran, is no success")
    func verdicts() {
        let good = ScenarioReport(ReportFixture.scenario(), seeds: [1], command: "c", runs: [ReportFixture.run()])
        let skipped = ScenarioReport(ReportFixture.scenario(), seeds: [], command: "c", runs: [], skipped: "no TUN")
        #expect(ReportFixture.report([good, skipped]).passed)
        #expect(!ReportFixture.report([good], leftBehind: ["process 7"]).passed)
        #expect(!ReportFixture.report([skipped]).passed)
    }

    @Test("Of many runs the time lines that say most are kept")
    func timelines() {
        let runs = (0..<20).map { seed in
            ReportFixture.run(
                seed: UInt64(seed), [.writesBack: seed == 7 ? 9 : 2],
                findings: seed == 11 ? [ReportFinding(kind: "lost", text: "k")] : [])
        }
        let report = ScenarioReport(ReportFixture.scenario(), seeds: [], command: "c", runs: runs)
        #expect(report.runs.filter { $0.timeline != nil }.map(\.seed) == [11])
        #expect(report.worstRun?.seed == 11)
    }

    @Test("Texts from outside cannot become markup")
    func escaping() {
        let evil = "<script>alert(\"1\")</script>&'\u{0}"
        let run = ReportFixture.run(findings: [ReportFinding(kind: evil, text: evil)])
        var scenario = ScenarioReport(
            ReportFixture.scenario(evil, title: evil), seeds: [1], command: evil, runs: [run])
        scenario.promises = [evil]
        let page = ReportFixture.report([scenario], leftBehind: [evil]).html()
        #expect(!page.contains("<script>alert"))
        #expect(!page.contains("\u{0}"))
        #expect(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"))
        #expect(page.split(separator: "<script>").count == 2)
    }

    @Test("The page needs nothing from elsewhere")
    func selfContained() {
        let runs = (0..<3).map { ReportFixture.run(seed: $0) }
        let report = ScenarioReport(ReportFixture.scenario(), seeds: [0, 1, 2], command: "c", runs: runs)
        let page = ReportFixture.report([report]).html()
        for word in ["src=", "<link", "@import", "url("] { #expect(!page.contains(word)) }
        #expect(page.contains("<svg"))
        #expect(page.contains("✓ PASS"))
        #expect(page.contains("prefers-color-scheme:dark"))
    }

    @Test("The terminal gets a line for each scenario, reasons, and the verdict")
    func summary() {
        let good = ScenarioReport(ReportFixture.scenario(), seeds: [1], command: "c", runs: [ReportFixture.run()])
        let bad = ScenarioReport(
            ReportFixture.scenario("slow-disk"), seeds: [1], command: "again",
            runs: [ReportFixture.run([.writesBack: 12.345])])
        let lines = TextSummary(ReportFixture.report([good, bad])).lines
        #expect(
            lines == [
                "SCENARIO     RUNS  VERDICT  WRITES BACK  LONGEST CRYPTO GAP  LOST  VIOLATIONS",
                "region-loss  1     passed   2 s          -                   0     0",
                "slow-disk    1     failed   12.3 s       -                   0     0",
                "slow-disk: writes back: 12.3 s, bound ≤ 10 s", "slow-disk: again: again",
                "FAIL: 1 of 2 scenarios, 2 runs, 0 acknowledged writes lost, 0 violations",
            ])
    }

    @Test(
        "Figures as people read them",
        arguments: [
            (Measure.writesBack, 0.4123, "412 ms"), (.writesBack, 0.99999, "1 s"), (.writesBack, 4.126, "4.13 s"),
            (.writesBack, 41.26, "41.3 s"), (.writesBack, .infinity, "never"), (.lostWrites, 3, "3"),
            (.goodput, 0.986, "98.6 %"), (.termsPerMinute, 2.5, "2.5 /min"), (.writesBack, 0, "0 s"),
            (.writesBack, 0.000012, "0.01 ms"),
        ])
    func figures(_ measure: Measure, _ figure: Double, _ text: String) { #expect(measure.text(figure) == text) }

    @Test("Both files are written into a folder that was not there")
    func files() throws {
        let folder = "\(FileManager.default.temporaryDirectory.path())report-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try ReportFixture.report([]).write(to: folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["report.html", "report.json"])
    }
}
