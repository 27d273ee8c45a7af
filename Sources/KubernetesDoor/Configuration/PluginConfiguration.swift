package import Logging
package import UnaryGRPC

/// What `claviger-kms-plugin` reads from its file.
package struct PluginConfiguration: Sendable {
    /// Where a node's API is.
    package struct Address: Hashable, Sendable {
        package var host: String
        package var port: Int
    }

    package var socket: UnixSocketOptions
    /// The full name of the key: `placement/tenant/key`.
    package var key: String
    /// Nodes that are asked first; the others are learned from them.
    package var endpoints: [Address]
    /// Nearest first.
    package var regions: [String] = []
    /// The directory of `ca.pem`, `cert.pem` and `key.pem`.
    package var identity: String
    package var trustDomain = "claviger.local"
    package var statusRefresh = Duration.seconds(2)
    package var proofInterval = Duration.seconds(30)
    /// Nil: the socket's owner and mode alone decide.
    package var allowedUsers: Set<UInt32>?
    package var logLevel = Logger.Level.info
}

/// What is wrong with a configuration: one sentence that begins with the place.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let place: String
    package let problem: String

    package init(_ place: String, _ problem: String) {
        self.place = place
        self.problem = problem
    }

    package var description: String { "\(place): \(problem)" }
}
