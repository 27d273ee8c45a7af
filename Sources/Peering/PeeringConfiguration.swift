package import Wire

/// What a peer network is told at its start.
package struct PeeringConfiguration: Sendable {
    /// The cluster's SPIFFE trust domain; certificates of another are refused.
    package var trustDomain: String
    /// This node's hello.
    package var hello: PeerHello
    package var host: String
    /// Zero lets the system choose; `localPort` tells which one.
    package var port: Int
    package var limits: PeeringLimits
    package var timing: PeeringTiming

    package init(
        trustDomain: String, hello: PeerHello, host: String, port: Int, limits: PeeringLimits = PeeringLimits(),
        timing: PeeringTiming = PeeringTiming()
    ) {
        self.trustDomain = trustDomain
        self.hello = hello
        self.host = host
        self.port = port
        self.limits = limits
        self.timing = timing
    }
}

/// Bounds of memory. Frame limits are checked on the length prefix, before anything is allocated.
package struct PeeringLimits: Hashable, Sendable {
    /// Bytes of one frame on a consensus connection.
    package var consensusFrameBytes = 8 << 20
    /// Bytes of one frame on a bulk connection: a call's body and its envelope.
    package var bulkFrameBytes = WireLimits.callBytes + (64 << 10)
    /// Bytes of a frame before the peer's hello is accepted.
    package var helloFrameBytes = 1 << 20
    /// Estimated bytes of frames that wait for one peer, and of bodies of unanswered calls to one peer.
    package var queueBytes = 16 << 20
    /// Calls of one peer served at a time; more are refused.
    package var concurrentCalls = 32
    /// Inbound connections that have not finished their handshake; one more closes the oldest.
    package var pendingHandshakes = 64

    package init() {}
}

/// How long the network waits.
package struct PeeringTiming: Hashable, Sendable {
    /// From the connection's begin to the end of the hello.
    package var handshake: Duration = .seconds(5)
    /// A connection silent for this long is probed.
    package var probe: Duration = .seconds(1)
    /// A connection silent for this long, in spite of probes, is dead.
    package var silence: Duration = .seconds(5)
    /// The delay before the second retry; the first is immediate. It doubles up to `lastRetry` and is jittered.
    package var firstRetry: Duration = .milliseconds(50)
    package var lastRetry: Duration = .seconds(2)

    package init() {}
}
