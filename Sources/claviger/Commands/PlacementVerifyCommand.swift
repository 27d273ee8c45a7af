import ArgumentParser
import ClientAPI
import Topology

/// `claviger placement verify`
struct PlacementVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Asks every node what it holds; fails if material is outside its placement or a node does not answer."
    )

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Flag(help: "Nodes that do not answer are named but do not fail the command.")
    var allowUnreachable = false

    private struct Result: Encodable {
        let verdict: PlacementVerdict
        let isClean: Bool
    }

    func run() async throws {
        let survey = try await federation.use(options) { try await FederationSurvey.take($0) }
        let verdict = PlacementVerdict(survey.evidence)
        let isClean = verdict.isClean(allowingGaps: allowUnreachable)
        try Output(options.output).item(
            Result(verdict: verdict, isClean: isClean), text: PlacementVerdictText.describe(verdict, of: survey))
        guard isClean else { throw ExitCode(1) }
    }
}

/// A verdict for a person.
enum PlacementVerdictText {
    private static let columns: [Column<PlacementVerdict.Row>] = [
        Column("placement") { $0.placement }, Column("node") { $0.node }, Column("region") { $0.region },
        Column("jurisdictions") { $0.jurisdictions.joined(separator: ",") },
        Column("groups") { $0.groups.map { "\($0)" }.joined(separator: ",") },
        Column("epoch keys") { $0.epochs.map { "\($0)" }.joined(separator: ",") },
        Column("standing") { $0.standing.rawValue },
    ]

    static func describe(_ verdict: PlacementVerdict, of survey: FederationSurvey) -> String {
        let asked = survey.federation.nodes.count
        var lines = [Output.table(columns, of: verdict.rows), ""]
        lines += verdict.violations.map { "VIOLATION  \($0)" }
        lines += verdict.gaps.map { "GAP        \($0)" }
        for placement in survey.federation.placements {
            let holding = Set(verdict.rows.filter { $0.placement == placement.name }.map(\.node))
            let others = survey.federation.nodes.map(\.name).filter {
                !holding.contains($0) && survey.answer(of: $0) != nil
            }
            let place = placement.jurisdictions.joined(separator: ", ")
            lines.append(
                "\(placement.name) [\(place)]: nothing at \(others.isEmpty ? "-" : others.joined(separator: ", "))")
        }
        let answered = asked - verdict.gaps.count
        lines.append(
            verdict.violations.isEmpty
                ? "\(answered) of \(asked) nodes answered; everything seen is inside its placement"
                : "\(answered) of \(asked) nodes answered; \(verdict.violations.count) violations")
        return lines.joined(separator: "\n")
    }
}
