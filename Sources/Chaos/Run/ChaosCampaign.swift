import FoundationEssentials
import Topology

/// Plays scenarios one after the other, each several times, and puts the report together.
package struct ChaosCampaign: Sendable {
    /// How often to play, and what to do with what comes out.
    package struct Settings: Sendable {
        package var runs: Int
        /// Of the first run; each further one has the next number.
        package var seed: UInt64
        /// Where to write the report after each scenario; nil: nowhere.
        package var reportFolder: String?
        /// Whether folders with disks and logs stay.
        package var keeps: Bool
        package var version: String
        package var command: [String]

        package init(
            runs: Int, seed: UInt64, reportFolder: String?, keeps: Bool, version: String, command: [String]
        ) {
            self.runs = runs
            self.seed = seed
            self.reportFolder = reportFolder
            self.keeps = keeps
            self.version = version
            self.command = command
        }
    }

    package let scenarios: [Scenario]
    package let settings: Settings
    /// Told one line for each step.
    private let progress: @Sendable (String) -> Void

    package init(_ scenarios: [Scenario], settings: Settings, progress: @escaping @Sendable (String) -> Void) {
        self.scenarios = scenarios
        self.settings = settings
        self.progress = progress
    }

    /// Plays all. Throws only when the report cannot be written.
    package func play() async throws(ChaosError) -> ChaosReport {
        let began = ContinuousClock.now
        var report = ChaosReport(
            started: Date(), machine: .current(), version: settings.version, command: settings.command)
        for (index, scenario) in scenarios.enumerated() {
            progress("[\(index + 1)/\(scenarios.count)] \(scenario.name): \(scenario.title)")
            report.scenarios.append(await play(scenario))
            report.leftBehind = Remains.found()
            report.seconds = (((ContinuousClock.now - began) / .milliseconds(100)).rounded()) / 10
            if let folder = settings.reportFolder { try report.write(to: folder) }
        }
        return report
    }

    private func play(_ scenario: Scenario) async -> ScenarioReport {
        let seeds = (0..<UInt64(settings.runs)).map { settings.seed &+ $0 }
        let command = "claviger-chaos run \(scenario.name) --seed \(settings.seed) --runs \(settings.runs)"
        if let obstacle = ScenarioNeeds.obstacle(to: scenario) {
            progress("  skipped: \(obstacle)")
            return ScenarioReport(scenario, seeds: seeds, command: command, runs: [], skipped: obstacle)
        }
        var runs: [RunReport] = []
        for seed in seeds {
            let run = await play(scenario, seed: seed)
            progress(Self.line(run, number: runs.count + 1, of: seeds.count))
            runs.append(run)
        }
        return ScenarioReport(scenario, seeds: seeds, command: command, runs: runs)
    }

    private func play(_ scenario: Scenario, seed: UInt64) async -> RunReport {
        let folder: RunFolder
        let network: VirtualNetwork?
        let stage: any ChaosStage
        do {
            folder = try RunFolder(keep: settings.keeps)
            network = VirtualNetwork.obstacle() == nil ? try VirtualNetwork() : nil
            let programs = try ChaosPrograms.beside()
            switch scenario.subject {
            case .claviger:
                stage = try FederationStage(
                    scenario: scenario, programs: programs, folder: folder.path, network: network, seed: seed)
            case .etcd:
                stage = try EtcdStage(
                    scenario: scenario, programs: programs, folder: folder.path, network: network, seed: seed)
            }
        } catch {
            return RunReport(seed: seed, passed: false, mishaps: ["\(error)"])
        }
        defer {
            network?.close()
            folder.remove()
        }
        if settings.keeps { progress("  kept: \(folder.path)") }
        let record = await ScenarioPlay(scenario, seed: seed, progress: { progress("  \($0)") }).play(on: stage)
        let staleness = Self.staleness(in: scenario)
        let places = Dictionary(
            stage.nodes.map { ($0, stage.region(of: $0)) }, uniquingKeysWith: { one, _ in one })
        return Self.report(of: record, places: places, staleness: staleness)
    }

    /// How old what each placement's nodes serve from may be.
    private static func staleness(in scenario: Scenario) -> [String: Duration] {
        let placements = (try? FederationTopology.load(from: scenario.topology))?.placements ?? []
        return Dictionary(placements.map { ($0.name, $0.maxStaleness) }, uniquingKeysWith: { one, _ in one })
    }

    /// What is made of a record.
    static func report(
        of record: RunRecord, places: [String: String], staleness: [String: Duration]
    ) -> RunReport {
        let judgement = Judgement(of: record, staleness: staleness)
        let bounds = ScenarioReport.expectations(of: record.scenario).filter { !$0.isForMiddle }
        let isGood = bounds.allSatisfy { bound in
            judgement.figures[bound.measure].map(bound.isMet) ?? false
        }
        return RunReport(
            of: record, figures: judgement.figures,
            findings: judgement.findings.map { ReportFinding(kind: $0.kind.rawValue, text: $0.text) },
            passed: isGood && record.mishaps.isEmpty, places: places)
    }

    private static func line(_ run: RunReport, number: Int, of count: Int) -> String {
        let figures: [(Measure, String)] = [
            (.writesBack, "writes back"), (.cryptoGap, "crypto gap"), (.lostWrites, "lost"),
            (.violations, "violations"),
        ]
        let words = figures.compactMap { measure, name in
            run.figure(measure).map { "\(name) \(measure.text($0))" }
        }
        let verdict = run.passed ? "passed" : "FAILED"
        let troubles = run.mishaps.prefix(3).map { "; \($0)" }.joined()
        return "  run \(number) of \(count), seed \(run.seed): \(verdict): \(words.joined(separator: ", "))\(troubles)"
    }
}
