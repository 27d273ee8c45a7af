import ClientAPI
package import Logging
import NIOCore
import Telemetry
package import UnaryGRPC

/// The plugin's connections to the federation, made anew when the identity on disk changes.
package final class FederationAccess: Sendable {
    package let upstream: ClientUpstream
    private let configuration: PluginConfiguration
    private let logger: Logger
    private let first: IdentityFiles?

    private let lookInterval: Duration
    private let farewell: Duration

    /// Reads the identity and begins to connect; nobody need answer yet.
    ///
    /// - Parameters:
    ///   - lookInterval: between two looks at the identity's files.
    ///   - farewell: longer than any call: after this the connections of a former identity carry nothing.
    package init(
        _ configuration: PluginConfiguration, logger: Logger, lookInterval: Duration = .seconds(5),
        farewell: Duration = .seconds(35)
    ) async throws(TransportError) {
        self.configuration = configuration
        self.logger = logger
        self.lookInterval = lookInterval
        self.farewell = farewell
        first = IdentityFiles(directory: configuration.identity)
        upstream = ClientUpstream(key: configuration.key, client: try await Self.client(configuration))
    }

    private static func client(_ configuration: PluginConfiguration) async throws(TransportError) -> ClavigerClient {
        var client = try ClientConfiguration(
            endpoints: configuration.endpoints.map { ClientEndpoint(host: $0.host, port: $0.port) },
            identityDirectory: configuration.identity, preferredRegions: configuration.regions)
        client.trustDomain = configuration.trustDomain
        // Another identity is taken as a whole, after a node has taken it, and not by one connection after the other.
        client.credentials.files = nil
        do {
            return try await ClavigerClient(client)
        } catch {
            throw TransportError(error.description)
        }
    }

    /// Looks at the identity's files until cancelled, and goes over to new ones once a node has taken them.
    package func followIdentity() async {
        var inUse = first
        var refused: IdentityFiles?
        while !Task.isCancelled {
            try? await Task.sleep(for: lookInterval)
            guard let now = IdentityFiles(directory: configuration.identity), now != inUse else { continue }
            let isTaken = await reload(isQuiet: now == refused)
            if isTaken { inUse = now } else { refused = now }
        }
    }

    /// True if calls use the identity that is on disk now. A half-written or refused one changes nothing.
    ///
    /// - Parameter isQuiet: says nothing of a failure, for one that was told of before.
    package func reload(isQuiet: Bool = false) async -> Bool {
        do {
            let new = try await Self.client(configuration)
            do {
                _ = try await new.describeFederation(timeout: .seconds(5))
            } catch {
                await new.close()
                throw error
            }
            let old = upstream.replaceClient(new)
            logger.notice("the renewed identity is in use", metadata: [LogKey.path: "\(configuration.identity)"])
            try? await Task.sleep(for: farewell)
            await old.close()
            return true
        } catch {
            guard !isQuiet, !Task.isCancelled else { return false }
            logger.warning(
                "the identity on disk is not usable; the former one stays in use",
                metadata: [LogKey.path: "\(configuration.identity)", LogKey.errorReason: "\(error)"])
            return false
        }
    }

    /// Ends all connections.
    package func close() async { await upstream.close() }
}
