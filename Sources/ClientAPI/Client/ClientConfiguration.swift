package import NIOCore
package import UnaryGRPC

/// How `ClavigerClient` reaches a federation.
package struct ClientConfiguration: Sendable {
    /// At least one node that answers; the rest is learned from it.
    package var endpoints: [ClientEndpoint]
    package var credentials: TLSCredentials
    /// Nearest first. Regions that are not named come last.
    package var preferredRegions: [String]
    package var trustDomain = "claviger.local"
    /// Longest time for one node, so that another one gets its turn.
    package var attemptTimeout = TimeAmount.milliseconds(800)
    /// When a second node is asked as well, for calls that change nothing.
    package var hedgeDelay = TimeAmount.milliseconds(200)
    /// How long a node that failed is left alone at first; doubles up to eight times that.
    package var avoidance = TimeAmount.milliseconds(500)
    package var refreshInterval = TimeAmount.seconds(10)
    package var connection = UnaryClientConfiguration()

    package init(endpoints: [ClientEndpoint], credentials: TLSCredentials, preferredRegions: [String] = []) {
        self.endpoints = endpoints
        self.credentials = credentials
        self.preferredRegions = preferredRegions
        connection.connectTimeout = .milliseconds(800)
        connection.maximumBackoff = .seconds(1)
        connection.staysWarm = true
    }

    /// Reads `ca.pem`, `cert.pem` and `key.pem` from `identityDirectory`, and again whenever a connection is made after
    /// they changed.
    package init(
        endpoints: [ClientEndpoint], identityDirectory: String, preferredRegions: [String] = []
    ) throws(TransportError) {
        self.init(
            endpoints: endpoints, credentials: try TLSCredentials(directory: identityDirectory),
            preferredRegions: preferredRegions)
    }
}
