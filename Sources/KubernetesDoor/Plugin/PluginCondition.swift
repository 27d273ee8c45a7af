/// What the plugin knows at one moment: the key in use and how the last check of it went. Read and replaced as a whole.
struct PluginCondition: Sendable {
    enum Health: Hashable, Sendable {
        /// Not yet checked.
        case starting
        case good
        /// The federation cannot be reached or does not answer: the key is not known to be unusable.
        case troubled(String)
        /// The key must not be used: disabled, or the plugin's right to it is gone.
        case unusable(String)

        init(after error: UpstreamError) {
            switch error.kind {
            case .disabled, .refused, .notFound: self = .unusable(error.message)
            case .unavailable, .deadline, .invalid, .rejectedCiphertext, .versionRetired:
                self = .troubled("the federation does not answer: \(error.message)")
            }
        }
    }

    private(set) var key: UpstreamKey?
    private(set) var identifier = ""
    private(set) var health = Health.starting
    /// When encrypt and decrypt last succeeded with the key in use.
    private(set) var verifiedAt: ContinuousClock.Instant?

    /// Whether `other` is to be used in place of the key in use. A holder that lags may still tell of an older version:
    /// what was given out is never taken back.
    func isSurpassed(by other: UpstreamKey) -> Bool {
        guard let key else { return true }
        guard other.key == key.key, other.cluster == key.cluster else { return other.activatedAt > key.activatedAt }
        return other.version > key.version
    }

    /// The key that a look at `seen` ends with.
    func successor(_ seen: UpstreamKey) -> UpstreamKey { isSurpassed(by: seen) ? seen : key ?? seen }

    /// Takes the end of a look: `key` works, as proved at `proof` or, if that is nil, earlier. Looks may overlap: one
    /// that ends with a surpassed key changes nothing.
    mutating func found(_ key: UpstreamKey, provedAt proof: ContinuousClock.Instant?) {
        if isSurpassed(by: key) {
            guard proof != nil else { return }
            self.key = key
            identifier = KeyIdentifier.make(key)
            verifiedAt = nil
        }
        guard self.key == key else { return }
        if let proof { verifiedAt = max(proof, verifiedAt ?? proof) }
        health = .good
    }

    /// A call was served with `key` and its answer opened again, which is as good as a proof. A key that must not be
    /// used stays so until a look finds otherwise: the call may have begun before.
    mutating func worked(_ key: UpstreamKey?) {
        guard let key, self.key == key else { return }
        switch health {
        case .starting, .unusable: break
        case .good, .troubled:
            health = .good
            verifiedAt = .now
        }
    }

    mutating func failed(_ error: UpstreamError) { health = Health(after: error) }
}
