import ArgumentParser
import ClientAPI

/// `claviger placement list`
struct PlacementListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the placements.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    func run() async throws {
        let answer = try await federation.use(options) { try await $0.describeFederation() }
        try Output(options.output).list(answer.placements.map(PlacementRow.init), PlacementRow.columns)
    }
}
