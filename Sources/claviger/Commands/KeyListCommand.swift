import ArgumentParser
import ClientAPI

/// `claviger key list`
struct KeyListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the keys whose names begin with a prefix, page by page.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("At least placement/.", valueName: "prefix"))
    var prefix: String

    @Option(help: "How many keys are fetched at a time.")
    var pageSize: UInt32 = 100

    func validate() throws {
        guard (1...1000).contains(pageSize) else {
            throw ValidationError("--page-size: \(pageSize) is not from 1 to 1000")
        }
    }

    func run() async throws {
        let prefix = prefix.contains("/") ? prefix : prefix + "/"
        var rows: [KeyRow] = []
        try await federation.use(options) { client in
            var token = ""
            repeat {
                let page = try await client.listKeys(prefix: prefix, pageSize: pageSize, pageToken: token)
                rows += page.keys.map(KeyRow.init)
                Console.progress("\(rows.count) keys")
                guard page.nextPageToken != token else { break }
                token = page.nextPageToken
            } while !token.isEmpty
        }
        try Output(options.output).list(rows, KeyRow.columns)
    }
}
