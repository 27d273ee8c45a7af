import ArgumentParser

/// The options that every command takes, before or after its name. A command that wants to read them declares
/// `@OptionGroup var options: GlobalOptions`.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A node to ask, repeated for more.", valueName: "host:port"))
    var endpoint: [String] = []

    @Option(help: ArgumentHelp("The directory with ca.pem, cert.pem and key.pem.", valueName: "dir"))
    var identity: String?

    @Option(help: "How results are printed: table or json.")
    var output: OutputFormat = .table
}

/// How results are printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument { case table, json }
