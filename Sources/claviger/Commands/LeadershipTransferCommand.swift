import ArgumentParser
import ClientAPI

/// `claviger leadership transfer`
struct LeadershipTransferCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfer", abstract: "Asks the leader of a group to hand over.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("A placement, 'directory', or the number of a group.", valueName: "group"))
    var group: String

    @Option(help: ArgumentHelp("Who is to lead; the leader chooses if absent.", valueName: "node"))
    var to: String?

    /// The directory is the first group of every federation.
    private static let directory: UInt64 = 1

    func run() async throws {
        let answer = try await federation.use(options) { client in
            let survey = try await FederationSurvey.take(client)
            if let to, !survey.federation.nodes.contains(where: { $0.name == to }) {
                throw CommandFailure("there is no node '\(to)'")
            }
            let number = try number(in: survey.federation)
            let leader = survey.leader(ofGroup: number)
            guard !leader.isEmpty else { throw CommandFailure("nobody is known to lead group \(number)") }
            return try await client.transferLeadership(group: number, from: leader, to: to ?? "")
        }
        let result = ChangeResult(answer)
        try Output(options.output).item(result, text: result.text)
    }

    private func number(in federation: Claviger_V1_DescribeFederationResponse) throws -> UInt64 {
        if let placement = federation.placements.first(where: { $0.name == group }) { return placement.group }
        if group == "directory" { return Self.directory }
        if let number = UInt64(group), number > 0 { return number }
        throw CommandFailure("'\(group)' is no placement and no group's number")
    }
}
