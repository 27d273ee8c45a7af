import ArgumentParser
import ClientAPI

/// `claviger cluster status`
struct ClusterStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract:
            "Asks every node for its state and shows nodes and groups; a node that does not answer is shown as such.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    func run() async throws {
        let survey = try await federation.use(options) { try await FederationSurvey.take($0) }
        let status = ClusterStatus(survey)
        let nodes = Output.table(ClusterStatus.nodeColumns, of: status.nodes)
        let groups = Output.table(ClusterStatus.groupColumns, of: status.groups)
        try Output(options.output).item(status, text: "\(nodes)\n\n\(groups)")
    }
}
