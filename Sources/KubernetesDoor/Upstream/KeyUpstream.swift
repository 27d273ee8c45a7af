/// What the federation says of the plugin's key.
package struct UpstreamKey: Hashable, Sendable {
    /// The federation's id; part of every key_id, so that two federations never give the same one.
    package var cluster: [UInt8]
    package var key: [UInt8]
    /// The version that new data is to be wrapped with.
    package var version: UInt32
    /// Milliseconds since 1970 at which that version became the one to use.
    package var activatedAt: Int64
    package var isEnabled: Bool

    package init(cluster: [UInt8], key: [UInt8], version: UInt32, activatedAt: Int64, isEnabled: Bool) {
        self.cluster = cluster
        self.key = key
        self.version = version
        self.activatedAt = activatedAt
        self.isEnabled = isEnabled
    }
}

/// Why the federation did not do what the plugin asked. `message` holds no secret.
package struct UpstreamError: Error, Hashable, Sendable {
    /// What the plugin does about it, and tells the API server.
    package enum Kind: Hashable, Sendable {
        case unavailable, refused, disabled, notFound, rejectedCiphertext, deadline, invalid
        /// The pinned version may not encrypt: it was rotated away, or the whole key is disabled. A look at the key
        /// tells.
        case versionRetired
    }

    package var kind: Kind
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// The way to the federation, with failover inside. `ClavigerClient` in production, a table in tests.
package protocol KeyUpstream: Sendable {
    /// The key as it is now. `confirmed` asks for a read that a quorum has confirmed.
    func describe(confirmed: Bool, deadline: ContinuousClock.Instant) async throws(UpstreamError) -> UpstreamKey
    func encrypt(
        _ plaintext: [UInt8], version: UInt32, context: [(key: String, value: String)],
        deadline: ContinuousClock.Instant
    ) async throws(UpstreamError) -> [UInt8]
    func decrypt(_ ciphertext: [UInt8], context: [(key: String, value: String)], deadline: ContinuousClock.Instant)
        async throws(UpstreamError) -> [UInt8]
}
