import Synchronization

/// A KMS v2 provider backed by one key of the federation.
///
/// `Status` is answered from memory. `Status` and `Encrypt` read one condition, so their key_id always agree; a background
/// check keeps it true: it sees rotations, proves that the key still encrypts and decrypts, and notices when it may not be used.
package final class KMSPlugin: Sendable {
    /// A refusal towards the API server. The message reaches logs and API answers: it holds no secret.
    package struct Refusal: Error, Hashable, Sendable {
        package enum Kind: Hashable, Sendable { case invalidArgument, failedPrecondition, notFound, unavailable, deadlineExceeded, denied }
        package var kind: Kind
        package var message: String
    }

    package struct Status: Hashable, Sendable {
        package var healthz: String
        package var keyID: String

        package init(healthz: String, keyID: String) {
            self.healthz = healthz
            self.keyID = keyID
        }
    }

    package struct Wrapped: Hashable, Sendable {
        package var ciphertext: [UInt8]
        package var keyID: String
    }

    /// Longest ciphertext and key_id that the API server takes.
    static let answerLimit = 1024
    static let plaintextLimit = 16 * 1024
    /// The name under which a ciphertext is bound to the key_id that it was given out with.
    static let contextKey = "kubernetes.io/key-id"

    private let upstream: any KeyUpstream
    private let timing: Timing
    private let condition = Mutex(PluginCondition())
    private let flights = DecryptFlights()
    private let random: @Sendable () -> [UInt8]

    package struct Timing: Sendable {
        /// Between two looks at the key's state.
        package var refresh: Duration = .seconds(2)
        /// Between two proofs by encrypting and decrypting.
        package var proof: Duration = .seconds(30)
        package var callTimeout: Duration = .milliseconds(2500)
        /// A proof older than this no longer counts as health.
        package var proofLifetime: Duration = .seconds(90)
        package init() {}
    }

    package init(
        upstream: any KeyUpstream, timing: Timing = Timing(),
        random: @escaping @Sendable () -> [UInt8] = { (0..<32).map { _ in UInt8.random(in: .min ... .max) } }
    ) {
        self.upstream = upstream
        self.timing = timing
        self.random = random
    }

    // MARK: The three calls

    /// The current key_id and whether it works, from memory. Throws when the key must not be used, so that an API server
    /// stops writing with it after three minutes instead of prolonging its seed.
    package func status() throws(Refusal) -> Status {
        let now = condition.withLock { $0 }
        switch now.health {
        case .starting: throw Refusal(kind: .unavailable, message: "the plugin has not reached the federation yet")
        case .unusable(let reason): throw Refusal(kind: .failedPrecondition, message: reason)
        case .troubled(let reason): return Status(healthz: reason, keyID: now.identifier)
        case .good:
            if let verified = now.verifiedAt, ContinuousClock.now - verified > timing.proofLifetime {
                return Status(healthz: "the key was last proved to work too long ago", keyID: now.identifier)
            }
            return Status(healthz: "ok", keyID: now.identifier)
        }
    }

    /// Wraps a seed, and proves that the result can be unwrapped before giving it out.
    package func encrypt(_ plaintext: [UInt8], deadline: ContinuousClock.Instant) async throws(Refusal) -> Wrapped {
        guard !plaintext.isEmpty else { throw Refusal(kind: .invalidArgument, message: "the plaintext is empty") }
        guard plaintext.count <= Self.plaintextLimit else {
            throw Refusal(kind: .invalidArgument, message: "the plaintext exceeds \(Self.plaintextLimit) bytes")
        }
        let now = condition.withLock { $0 }
        if case .unusable(let reason) = now.health { throw Refusal(kind: .failedPrecondition, message: reason) }
        guard let key = now.key else {
            throw Refusal(kind: .unavailable, message: "the plugin has not reached the federation yet")
        }
        let context = [(key: Self.contextKey, value: now.identifier)]
        do {
            let ciphertext = try await upstream.encrypt(plaintext, version: key.version, context: context, deadline: deadline)
            guard !ciphertext.isEmpty, ciphertext.count <= Self.answerLimit else {
                throw UpstreamError(.invalid, "the plaintext is too long for a KMS v2 answer")
            }
            let opened = try await upstream.decrypt(ciphertext, context: context, deadline: deadline)
            guard opened == plaintext else { throw UpstreamError(.unavailable, "a fresh ciphertext did not open to what was sealed") }
            return Wrapped(ciphertext: ciphertext, keyID: now.identifier)
        } catch let error as UpstreamError {
            throw Self.refusal(error)
        } catch {
            throw Refusal(kind: .unavailable, message: "the call was not completed")
        }
    }

    /// Unwraps a seed. Anything that was not given out together is refused alike.
    package func decrypt(
        _ ciphertext: [UInt8], keyID: String, annotations: [String: [UInt8]], deadline: ContinuousClock.Instant
    ) async throws(Refusal) -> [UInt8] {
        guard !ciphertext.isEmpty, ciphertext.count <= Self.answerLimit, !keyID.isEmpty, keyID.utf8.count <= Self.answerLimit,
            annotations.isEmpty
        else { throw Refusal(kind: .invalidArgument, message: "this ciphertext was not made by this plugin") }
        let request = Array(keyID.utf8) + [0] + ciphertext
        let answer = await flights.share(request) {
            do throws(UpstreamError) {
                let context = [(key: Self.contextKey, value: keyID)]
                return .success(try await upstream.decrypt(ciphertext, context: context, deadline: deadline))
            } catch {
                return .failure(error)
            }
        }
        do {
            return try answer.get()
        } catch {
            throw Self.refusal(error)
        }
    }

    private static func refusal(_ error: UpstreamError) -> Refusal {
        switch error.kind {
        case .unavailable: Refusal(kind: .unavailable, message: error.message)
        case .refused: Refusal(kind: .denied, message: error.message)
        case .disabled: Refusal(kind: .failedPrecondition, message: error.message)
        case .notFound: Refusal(kind: .notFound, message: error.message)
        case .rejectedCiphertext, .invalid: Refusal(kind: .invalidArgument, message: error.message)
        case .deadline: Refusal(kind: .deadlineExceeded, message: error.message)
        }
    }

    // MARK: The background check

    /// Looks at the key until it has been proved to work once; then the socket may be opened.
    package func prepare() async throws(CancellationError) {
        while !Task.isCancelled {
            await check(confirmed: true)
            if case .good = condition.withLock({ $0.health }) { return }
            try? await Task.sleep(for: .milliseconds(300))
        }
        throw CancellationError()
    }

    /// Keeps the condition true until cancelled.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: timing.refresh)
            await check(confirmed: false)
        }
    }

    /// One look at the key; a proof when it changed, when the last one is old, or when it failed.
    package func check(confirmed: Bool) async {
        let before = condition.withLock { $0 }
        do throws(UpstreamError) {
            let key = try await upstream.describe(confirmed: confirmed, deadline: .now + timing.callTimeout)
            guard key.isEnabled else { throw UpstreamError(.disabled, "the key is disabled") }
            // A holder that lags may still tell of the older version: what was given out is never taken back.
            let isNewer = before.key.map { key.version > $0.version || key.key != $0.key } ?? true
            let current = isNewer ? key : (before.key ?? key)
            let isDue = before.verifiedAt.map { ContinuousClock.now - $0 >= timing.proof } ?? true
            if isNewer || isDue || before.health != .good { try await prove(current) }
            let identifier = KeyIdentifier.make(current)
            condition.withLock { condition in
                condition.key = current
                condition.identifier = identifier
                if isNewer || isDue || before.health != .good { condition.verifiedAt = .now }
                condition.health = .good
            }
        } catch {
            condition.withLock { $0.health = Self.health(after: error) }
        }
    }

    private func prove(_ key: UpstreamKey) async throws(UpstreamError) {
        let sample = random()
        let deadline = ContinuousClock.now + timing.callTimeout
        let context = [(key: Self.contextKey, value: KeyIdentifier.make(key))]
        let ciphertext = try await upstream.encrypt(sample, version: key.version, context: context, deadline: deadline)
        guard try await upstream.decrypt(ciphertext, context: context, deadline: deadline) == sample else {
            throw UpstreamError(.unavailable, "the key did not open what it sealed")
        }
    }

    private static func health(after error: UpstreamError) -> PluginCondition.Health {
        switch error.kind {
        case .disabled, .refused, .notFound: .unusable(error.message)
        case .unavailable, .deadline, .invalid, .rejectedCiphertext: .troubled("the federation does not answer: \(error.message)")
        }
    }
}
