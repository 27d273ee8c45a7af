package import Logging
import Telemetry
package import UnaryGRPC

/// The whole plugin: connects, waits until the key is proved, serves, and ends cleanly.
package struct PluginRuntime: Sendable {
    private let configuration: PluginConfiguration
    private let logger: Logger

    package init(_ configuration: PluginConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until its task is cancelled. Throws if the identity cannot be read or the socket cannot be made; a
    /// federation that does not answer is waited for, for ever.
    package func run() async throws(TransportError) {
        let access = try await FederationAccess(configuration, logger: logger)
        var timing = PluginTiming()
        timing.refresh = configuration.statusRefresh
        timing.proof = configuration.proofInterval
        let plugin = KMSPlugin(upstream: access.upstream, timing: timing, logger: logger)
        let server = PluginServer(plugin: plugin, allowedUsers: configuration.allowedUsers)
        logger.notice("waiting for the key to be proved before the socket is made")
        let failure: TransportError? = await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await access.followIdentity() }
            do throws(CancellationError) { try await plugin.prepare() } catch { return nil }
            do throws(TransportError) { try await server.listen(configuration.socket) } catch { return error }
            logger.notice("serving", metadata: [LogKey.path: "\(configuration.socket.path)"])
            group.addTask { await plugin.run() }
            await group.waitForAll()
            return nil
        }
        if failure == nil { logger.notice("stopping") }
        await server.shutdown()
        await access.close()
        if let failure { throw failure }
    }
}
