import ArgumentParser
import CPlatform
import Glibc
import Logging
import ServiceLifecycle
import Telemetry
import Topology
import UnixSignals

/// The node.
@main
struct Clavigerd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clavigerd", abstract: "One node of a Claviger federation.",
        discussion: """
            Logs go to standard error. SIGTERM hands leadership over, lets calls finish, and ends the node. SIGHUP \
            takes a renewed identity into use at once; without it that happens within half a minute.
            """)

    @Option(help: "The federation's topology file.") var topology: String
    @Option(help: "This node's name in the topology.") var node: String
    @Option(help: "Directory for everything this node keeps.") var data: String
    @Option(help: "Directory with ca.pem, cert.pem and key.pem of this node.") var identity: String
    @Option(help: "File with the passphrase that seals this node's secrets.") var sealPassphraseFile: String?
    @Option(help: "development or production; production refuses the dev-file seal.") var profile: Profile =
        .development
    @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel = "notice"

    enum Profile: String, ExpressibleByArgument { case development, production }

    func validate() throws {
        guard LogBootstrap.level(named: logLevel) != nil else {
            throw ValidationError("there is no log level \(logLevel)")
        }
        if profile == .production, sealPassphraseFile == nil {
            throw ValidationError("the production profile needs --seal-passphrase-file")
        }
    }

    func run() async throws {
        LogBootstrap.start(level: LogBootstrap.level(named: logLevel) ?? .notice)
        signal(SIGPIPE, SIG_IGN)
        // Until the identity's keeper listens, a reload has nothing to do; it must not end the process.
        signal(SIGHUP, SIG_IGN)
        _ = claviger_forbid_dumps()
        let logger = Logger(label: "clavigerd")
        let settings: NodeSettings
        do {
            settings = try NodeSettings(
                topologyPath: topology, node: node, data: data, identityPath: identity,
                passphrasePath: sealPassphraseFile,
                isProduction: profile == .production)
        } catch {
            complain("\(error)")
            throw ExitCode(2)
        }
        do {
            let service = NodeService(node: try Node(settings, logger: logger), logger: logger)
            let group = ServiceGroup(
                configuration: .init(
                    services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
            try await group.run()
        } catch let failure as NodeFailure {
            complain(failure.description)
            throw ExitCode(1)
        } catch {
            complain("\(error)")
            throw ExitCode(1)
        }
    }

    private func complain(_ text: String) { StandardError.write("clavigerd: \(text)\n") }
}
