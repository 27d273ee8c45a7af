import ArgumentParser
import ClientAPI

/// `claviger placement list`
struct PlacementListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the placements.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    func run() async throws {
        let survey = try await federation.use(options) { try await FederationSurvey.take($0) }
        try Output(options.output).list(
            survey.federation.placements.map { PlacementRow($0, survey) }, PlacementRow.columns)
    }
}
