import Crypto
import Logging
import Synchronization
import Telemetry

extension KMSPlugin {
    /// Looks at the key until it has been proved to work once; then the socket may be opened. The looks ask for what a
    /// quorum confirms, so that a restarted plugin never gives out an older key_id than before.
    package func prepare() async throws(CancellationError) {
        while !Task.isCancelled {
            await check(confirmed: true)
            if case .good = condition.withLock({ $0.health }) { return }
            try? await Task.sleep(for: timing.patience)
        }
        throw CancellationError()
    }

    /// Keeps the condition true until cancelled.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: timing.refresh)
            if !Task.isCancelled { await check(confirmed: false) }
        }
    }

    /// One look at the key; a proof when it changed, when the last one is old, or when it failed.
    ///
    /// - Parameter caller: when a call for whose sake this is done stops waiting. That its time was short says nothing
    ///   about the key.
    package func check(confirmed: Bool, deadline caller: ContinuousClock.Instant? = nil) async {
        let before = condition.withLock { $0 }
        let own = ContinuousClock.now + timing.callTimeout
        let deadline = min(caller ?? own, own)
        do throws(UpstreamError) {
            let seen = try await upstream.describe(confirmed: confirmed, deadline: deadline)
            guard seen.isEnabled else { throw UpstreamError(.disabled, "the key is disabled") }
            let current = before.successor(seen)
            let isDue = before.verifiedAt.map { ContinuousClock.now - $0 >= timing.proof } ?? true
            var proof: ContinuousClock.Instant?
            if before.isSurpassed(by: seen) || isDue || before.health != .good {
                try await prove(current, deadline)
                proof = .now
            }
            settle { $0.found(current, provedAt: proof) }
        } catch {
            // The caller went away; that says nothing about the key.
            guard !Task.isCancelled, caller == nil || error.kind != .deadline else { return }
            guard error.kind == .versionRetired else { return settle { $0.failed(error) } }
            // In the moment of a rotation holders differ. What a quorum confirms decides; if holders still differ then,
            // the next look will tell, and until the last proof is too old the key counts as good.
            if !confirmed { return await check(confirmed: true, deadline: caller) }
            if before.health != .good { settle { $0.failed(error) } }
        }
    }

    private func prove(_ key: UpstreamKey, _ deadline: ContinuousClock.Instant) async throws(UpstreamError) {
        let sample = random()
        let context = [(key: Self.contextKey, value: KeyIdentifier.make(key))]
        let ciphertext = try await upstream.encrypt(sample, version: key.version, context: context, deadline: deadline)
        guard try await upstream.decrypt(ciphertext, context: context, deadline: deadline) == sample else {
            throw UpstreamError(.unavailable, "the key did not open what it sealed")
        }
    }

    func settle(_ change: (inout PluginCondition) -> Void) {
        let (before, after) = condition.withLock { condition in
            let before = condition
            change(&condition)
            return (before, condition)
        }
        if after.identifier != before.identifier, let key = after.key {
            logger.notice(
                "key in use",
                metadata: [
                    LogKey.keyID: "\(after.identifier)", LogKey.keyVersion: "\(key.version)",
                    "key.id.hash": "\(Self.hash(of: after.identifier))",
                ])
        }
        guard after.health != before.health else { return }
        switch after.health {
        case .starting: break
        case .good: logger.notice("the key works")
        case .troubled(let reason):
            logger.warning("the key cannot be checked", metadata: [LogKey.errorReason: "\(reason)"])
        case .unusable(let reason):
            logger.error("the key must not be used", metadata: [LogKey.errorReason: "\(reason)"])
        }
    }

    /// As the API server shows a key_id in its logs and metrics.
    static func hash(of identifier: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = SHA256.hash(data: Array(identifier.utf8)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "sha256:" + String(decoding: text, as: UTF8.self)
    }
}
