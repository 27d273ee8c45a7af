import Chaos
import FoundationEssentials
import Glibc
import Testing
import Topology

/// The program as it ships, on real nodes.
@Suite("Playing scenarios", .serialized)
struct ChaosRunTests {
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")
    private let program = "\(Self.root)/.build/release/claviger-chaos"

    /// A folder with one scenario; the kill comes after a second.
    private func makeScenario(expecting bounds: String, length: Int = 6, in folder: String) throws -> String {
        let text = """
            title: A leader is killed in a test
            topology: \(Self.root)/topology/three.yaml
            load:
              - writes: {placement: eu, rate: 20}
              - lifecycle: {placement: eu, rate: 10, clients: 1, keys: 2}
              - crypto: {placement: eu, rate: 40}
            length: \(length)s
            schedule:
              - {at: 1s, kill: leader of eu, for: 2s}
            expect:
              \(bounds)

            """
        let path = "\(folder)/test.yaml"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/chaos-run-test.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func run(_ scenario: String, report folder: String, log: String) throws -> DetachedProcess {
        try DetachedProcess.spawn(
            program, arguments: ["run", scenario, "--report", folder, "--verbose"],
            environment: ["TMPDIR": folder], log: log)
    }

    private func report(in folder: String) throws -> ChaosReport {
        try ChaosReport(json: try Data(contentsOf: URL(filePath: "\(folder)/report.json")))
    }

    private func processes(naming folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.filter { name in
            guard let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else { return false }
            return String(decoding: words, as: UTF8.self).contains(folder)
        }
    }

    @Test("A promise that is kept passes, with a report and nothing left behind")
    func passes() throws {
        try withFolder { folder in
            let scenario = try makeScenario(expecting: "writesBack: 5s", in: folder)
            let status = try run(scenario, report: folder, log: "\(folder)/log").wait()
            let log = try TextFile.read("\(folder)/log", limit: 1 << 20)
            #expect(status == 0, "\(log)")
            #expect(log.contains("clean-up complete"))
            let report = try report(in: folder)
            let run = try #require(report.scenarios.first?.runs.first)
            #expect(report.passed && run.passed && run.mishaps.isEmpty && run.findings.isEmpty)
            #expect(run.figure(.lostWrites) == 0 && run.figure(.violations) == 0 && run.figure(.auditMismatches) == 0)
            let gap = try #require(run.figure(.writesBack))
            #expect(gap > 0 && gap < 5)
            #expect(run.calls > 100)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(names == ["log", "report.html", "report.json", "test.yaml"])
        }
    }

    @Test("A promise that is broken fails")
    func fails() throws {
        try withFolder { folder in
            let scenario = try makeScenario(expecting: "writesBack: 1us", in: folder)
            let status = try run(scenario, report: folder, log: "\(folder)/log").wait()
            #expect((status >> 8) & 0xFF == 1)
            let report = try report(in: folder)
            #expect(!report.passed)
            #expect(report.scenarios.first?.row(.writesBack)?.passed == false)
        }
    }

    @Test(
        "A run that is interrupted leaves nothing", .enabled(if: Sandbox.obstacle() == nil),
        arguments: [SIGTERM, SIGKILL])
    func interrupted(signal: Int32) throws {
        try withFolder { folder in
            let scenario = try makeScenario(expecting: "writesBack: 5s", length: 60, in: folder)
            let process = try run(scenario, report: folder, log: "\(folder)/log")
            var isKilled = false
            for _ in 0..<600 where !isKilled {
                usleep(100_000)
                let log = (try? TextFile.read("\(folder)/log", limit: 1 << 20)) ?? ""
                isKilled = log.contains("kill eu-")
            }
            #expect(isKilled)
            let during = try processes(naming: "\(folder)/claviger-chaos.")
            #expect(during.count >= 2)
            #expect(process.send(signal))
            process.wait()
            var left = during
            for _ in 0..<100 where !left.isEmpty {
                usleep(50_000)
                left = try processes(naming: "\(folder)/claviger-chaos.")
            }
            #expect(left.isEmpty)
        }
    }
}
