import ArgumentParser
import ClientAPI

/// `claviger placement show`
struct PlacementShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one placement.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("The placement.", valueName: "name"))
    var name: String

    func run() async throws {
        let survey = try await federation.use(options) { try await FederationSurvey.take($0) }
        guard let placement = survey.placement(named: name) else {
            let known = survey.federation.placements.map(\.name).joined(separator: ", ")
            throw CommandFailure("there is no placement '\(name)'; there are: \(known.isEmpty ? "none" : known)")
        }
        let row = PlacementRow(placement, survey)
        let lines = [
            "placement      \(row.name)", "jurisdictions  \(row.jurisdictions.joined(separator: ", "))",
            "replicas       \(row.replicas)", "holders        \(row.holders.joined(separator: ", "))",
            "leader         \(row.leader.isEmpty ? "-" : row.leader)",
            "preferred      \(row.preferredRegion.isEmpty ? "-" : row.preferredRegion)",
            "group          \(row.group)", "max staleness  \(row.maximumStalenessMilliseconds) ms",
        ]
        try Output(options.output).item(row, text: lines.joined(separator: "\n"))
    }
}
