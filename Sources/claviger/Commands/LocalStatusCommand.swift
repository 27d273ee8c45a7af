import ArgumentParser
import Topology

/// `claviger local status`
struct LocalStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows every node of the local federation.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var local: LocalOptions

    func run() throws {
        try Output(options.output).list(try local.federation().status(), LocalTable.columns)
    }
}
