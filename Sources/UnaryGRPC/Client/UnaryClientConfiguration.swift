package import NIOCore

/// Where a client connects and whom it accepts there.
package enum UnaryTarget: Sendable {
    /// TCP with mutual TLS 1.3. `accepts` judges the server's URI name.
    case tls(host: String, port: Int, credentials: TLSCredentials, accepts: @Sendable (String) -> Bool)
    case unixSocket(path: String)
    /// TCP without TLS, which hides nothing and proves no one: for measuring servers that have no other door.
    case cleartext(host: String, port: Int)
}

/// Limits and times of a client.
package struct UnaryClientConfiguration: Sendable {
    /// TCP, TLS and the server's SETTINGS together.
    package var connectTimeout = TimeAmount.seconds(2)
    /// Wait after the first failed connect; doubles, with full jitter, up to `maximumBackoff`.
    package var initialBackoff = TimeAmount.milliseconds(50)
    package var maximumBackoff = TimeAmount.seconds(2)
    /// A silent connection is asked after this, and given up if it stays silent for `keepaliveTimeout`.
    package var keepaliveInterval = TimeAmount.seconds(10)
    package var keepaliveTimeout = TimeAmount.seconds(3)
    /// Calls open or waiting; more fail at once.
    package var maximumInFlight = 4096
    package var maximumReplyBytes = 4 << 20
    /// Connect again without being asked, so that the next call finds a connection.
    package var staysWarm = false
    /// Calls made while there is no connection wait for one until their deadline, rather than fail with the connect.
    package var waitsForReady = false

    package init() {}
}
