import ArgumentParser
import CPlatform
import Glibc
import KubernetesDoor
import Logging
import ServiceLifecycle
import Telemetry
import UnixSignals

/// The Kubernetes KMS v2 plugin: a unix socket towards the API server, the federation behind it.
@main
struct KMSPluginProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claviger-kms-plugin",
        abstract: "Serves the Kubernetes KMS v2 protocol from a key of a Claviger federation.",
        discussion: "Exit codes: 0 stopped, 1 failed, 2 wrong usage or configuration.")

    @Option(help: "The configuration file (YAML).")
    var config: String

    static func main() async {
        do {
            var command = try parse()
            try await command.run()
        } catch {
            end(error)
        }
    }

    mutating func run() async throws {
        let configuration = try PluginConfiguration.load(from: config)
        LogBootstrap.start(level: configuration.logLevel)
        let logger = Logger(label: "kms-plugin")
        ProcessLimits.apply()
        if claviger_forbid_dumps() != 0 { logger.warning("memory dumps could not be forbidden") }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: PluginProcess(runtime: PluginRuntime(configuration, logger: logger)),
                        successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private static func end(_ error: any Error) -> Never {
        if exitCode(for: error) == .success { exit(withError: error) }
        let isUsage = exitCode(for: error) == .validationFailure
        StandardError.write(isUsage ? fullMessage(for: error) + "\n" : "claviger-kms-plugin: \(error)\n")
        Glibc.exit(isUsage || error is ConfigurationError ? 2 : 1)
    }
}

/// A graceful stop is the end of the runtime's task; the runtime drains by itself.
private struct PluginProcess: Service {
    let runtime: PluginRuntime

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await runtime.run() }
    }
}
