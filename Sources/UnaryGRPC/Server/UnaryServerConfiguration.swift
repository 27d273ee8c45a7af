package import NIOCore

/// Limits and times of a server. The defaults suit a node's API port.
package struct UnaryServerConfiguration: Sendable {
    /// Streams a client may have open on one connection.
    package var maximumStreams = 1024
    package var maximumConnections = 4096
    /// TLS handshakes under way; one more ends the oldest of them.
    package var maximumHandshakes = 256
    /// Largest request message in bytes, without its prefix.
    package var maximumMessageBytes = 1 << 20
    /// Largest reply; gRPC clients refuse more by default.
    package var maximumReplyBytes = 4 << 20
    /// Incomplete request bytes held for one connection.
    package var maximumBufferedBytes = 16 << 20
    package var maximumHeaderListBytes = 16 << 10
    /// Streams a client may reset in `rateWindow`. Hedging clients reset the losing call, so this is not small.
    package var maximumResets = 4000
    /// PING, SETTINGS and PRIORITY frames in `rateWindow`; clients that estimate bandwidth send many PINGs.
    package var maximumControlFrames = 10_000
    package var rateWindow = TimeAmount.seconds(30)
    /// From accept to the client's SETTINGS, TLS included.
    package var handshakeTimeout = TimeAmount.seconds(10)
    /// From the headers of a request to the end of its body.
    package var requestTimeout = TimeAmount.seconds(30)
    /// A connection without calls is closed after this. Nil: never.
    package var idleTimeout: TimeAmount? = .minutes(30)
    /// A silent connection is asked with a PING after this, and closed if it stays silent for `keepaliveTimeout`. Nil:
    /// never.
    package var keepaliveInterval: TimeAmount? = .seconds(60)
    package var keepaliveTimeout = TimeAmount.seconds(20)
    /// A connection is drained at this age, give or take a tenth, so that load spreads anew. Nil: never.
    package var maximumAge: TimeAmount? = nil
    /// How long running calls may go on after a drain began.
    package var drainGrace = TimeAmount.seconds(10)

    package init() {}

    /// Window of one stream: the largest message fits, so that only the connection's window needs updates.
    var streamWindow: Int { max(65_535, maximumMessageBytes + 64) }
    var connectionWindow: Int { max(4 << 20, streamWindow) }
}
