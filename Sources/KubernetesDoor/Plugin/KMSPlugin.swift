package import Logging
import Synchronization

/// A KMS v2 provider backed by one key of the federation.
///
/// `Status` is answered from memory. `Status` and `Encrypt` read one condition, so their key_id always agree; a
/// background check keeps it true: it sees rotations, proves that the key still encrypts and decrypts, and notices when
/// it may not be used.
package final class KMSPlugin: Sendable {
    /// What the Status call tells.
    package struct Status: Hashable, Sendable {
        package var healthz: String
        package var keyID: String

        package init(healthz: String, keyID: String) {
            self.healthz = healthz
            self.keyID = keyID
        }
    }

    /// What the Encrypt call gives out.
    package struct Wrapped: Hashable, Sendable {
        package var ciphertext: [UInt8]
        package var keyID: String
        package var annotations: [String: [UInt8]]
    }

    /// Longest key_id that the API server takes.
    static let identifierLimit = 1024
    static let plaintextLimit = 16 * 1024
    /// The name under which a ciphertext is bound to the key_id that it was given out with.
    static let contextKey = "kubernetes.io/key-id"

    let upstream: any KeyUpstream
    let timing: PluginTiming
    let logger: Logger
    let condition = Mutex(PluginCondition())
    let random: @Sendable () -> [UInt8]
    private let decrypts = SharedFlights<[UInt8], Result<[UInt8], UpstreamError>>()
    private let looks = SharedFlights<Int, Bool>()
    private let gate: CallGate

    /// - Parameter width: Encrypts and Decrypts that are at the federation at a time; the others wait their turn.
    package init(
        upstream: any KeyUpstream, timing: PluginTiming = PluginTiming(), logger: Logger = Logger(label: "kms"),
        width: Int = 128,
        random: @escaping @Sendable () -> [UInt8] = { (0..<32).map { _ in UInt8.random(in: .min ... .max) } }
    ) {
        self.upstream = upstream
        self.timing = timing
        self.logger = logger
        self.random = random
        gate = CallGate(width: width)
    }

    /// Calls that wait for the work of others: equal Decrypts, and Encrypts that noticed the same rotation.
    package var waitingCount: Int { decrypts.waitingCount + looks.waitingCount }

    /// The current key_id and whether it works, from memory. Throws when the key must not be used, so that an API
    /// server stops writing with it after three minutes instead of prolonging its seed.
    package func status() throws(PluginRefusal) -> Status {
        let now = condition.withLock { $0 }
        switch now.health {
        case .starting: throw PluginRefusal(.unavailable, "the plugin has not reached the federation yet")
        case .unusable(let reason): throw PluginRefusal(.failedPrecondition, reason)
        case .troubled where now.key == nil:
            throw PluginRefusal(.unavailable, "the plugin has not reached the federation yet")
        case .troubled(let reason): return Status(healthz: reason, keyID: now.identifier)
        case .good:
            if let verified = now.verifiedAt, ContinuousClock.now - verified > timing.proofLifetime {
                return Status(healthz: "the key was last proved to work too long ago", keyID: now.identifier)
            }
            return Status(healthz: "ok", keyID: now.identifier)
        }
    }

    /// Wraps a seed, and proves that the result can be unwrapped before giving it out.
    package func encrypt(
        _ plaintext: [UInt8], deadline: ContinuousClock.Instant
    ) async throws(PluginRefusal) -> Wrapped {
        guard !plaintext.isEmpty else { throw PluginRefusal(.invalidArgument, "the plaintext is empty") }
        guard plaintext.count <= Self.plaintextLimit else {
            throw PluginRefusal(.invalidArgument, "the plaintext exceeds \(Self.plaintextLimit) bytes")
        }
        let answer = await gate.pass { () async -> Result<Wrapped, UpstreamError> in
            do throws(UpstreamError) {
                return .success(try await wrap(plaintext, deadline))
            } catch {
                return .failure(error)
            }
        }
        switch answer {
        case .success(let wrapped): return wrapped
        case .failure(let error): throw PluginRefusal(error)
        case nil: throw PluginRefusal(.deadlineExceeded, Self.gone)
        }
    }

    /// Tries until the key in use and the version that the federation protects with are the same: a rotation may come
    /// between any two steps, and holders learn of it one after the other.
    private func wrap(_ plaintext: [UInt8], _ deadline: ContinuousClock.Instant) async throws(UpstreamError) -> Wrapped
    {
        while true {
            let now = condition.withLock { $0 }
            do throws(UpstreamError) {
                let wrapped = try await wrapOnce(plaintext, now, deadline)
                settle { $0.worked(now.key) }
                return wrapped
            } catch {
                guard error.kind == .versionRetired, !Task.isCancelled, ContinuousClock.now < deadline else {
                    throw error
                }
                // Rotated since the last look: look now, and use what that finds.
                let isChanged = await looks.share(0, isShared: \.self) {
                    await check(confirmed: true, deadline: deadline)
                    return condition.withLock { $0.identifier } != now.identifier
                }
                if isChanged != true { try? await Task.sleep(for: timing.pause) }
            }
        }
    }

    private func wrapOnce(
        _ plaintext: [UInt8], _ now: PluginCondition, _ deadline: ContinuousClock.Instant
    ) async throws(UpstreamError) -> Wrapped {
        if case .unusable(let reason) = now.health { throw UpstreamError(.disabled, reason) }
        guard let key = now.key else {
            throw UpstreamError(.unavailable, "the plugin has not reached the federation yet")
        }
        let context = [(key: Self.contextKey, value: now.identifier)]
        let sealed = try await upstream.encrypt(
            plaintext, version: key.version, context: context, deadline: deadline)
        guard let carried = CarriedCiphertext(sealed: sealed) else {
            throw UpstreamError(.invalid, "the plaintext is too long for a KMS v2 answer")
        }
        guard try await upstream.decrypt(sealed, context: context, deadline: deadline) == plaintext else {
            throw UpstreamError(.unavailable, "a fresh ciphertext did not open to what was sealed")
        }
        return Wrapped(ciphertext: carried.head, keyID: now.identifier, annotations: carried.annotations)
    }

    /// Unwraps a seed. Anything that was not given out together is refused alike.
    package func decrypt(
        _ ciphertext: [UInt8], keyID: String, annotations: [String: [UInt8]], deadline: ContinuousClock.Instant
    ) async throws(PluginRefusal) -> [UInt8] {
        guard let sealed = CarriedCiphertext.sealed(ciphertext, annotations), !keyID.isEmpty,
            keyID.utf8.count <= Self.identifierLimit
        else { throw PluginRefusal(.invalidArgument, "this ciphertext was not made by this plugin") }
        // A key_id may hold zero bytes, so its length stands in front.
        let request = Array("\(keyID.utf8.count):\(keyID)".utf8) + sealed
        let answer = await decrypts.share(request, isShared: Self.isFinal) {
            await gate.pass { await unwrap(sealed, keyID, deadline) } ?? .failure(UpstreamError(.deadline, Self.gone))
        }
        do {
            return try (answer ?? .failure(UpstreamError(.deadline, Self.gone))).get()
        } catch {
            throw PluginRefusal(error)
        }
    }

    private static let gone = "the caller went away"

    private func unwrap(
        _ sealed: [UInt8], _ keyID: String, _ deadline: ContinuousClock.Instant
    ) async -> Result<[UInt8], UpstreamError> {
        do throws(UpstreamError) {
            let context = [(key: Self.contextKey, value: keyID)]
            return .success(try await upstream.decrypt(sealed, context: context, deadline: deadline))
        } catch {
            return .failure(error)
        }
    }

    /// Whether an equal call at the same time would end alike. Want of time or of a node is each caller's own.
    private static func isFinal(_ answer: Result<[UInt8], UpstreamError>) -> Bool {
        guard case .failure(let error) = answer else { return true }
        return switch error.kind {
        case .refused, .disabled, .notFound, .rejectedCiphertext, .invalid: true
        case .unavailable, .deadline, .versionRetired: false
        }
    }
}
