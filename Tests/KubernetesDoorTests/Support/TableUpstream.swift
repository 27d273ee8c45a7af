import Crypto
import Foundation
import KubernetesDoor
import Synchronization

/// A federation in memory: one AES key for each version, the context bound as associated data.
final class TableUpstream: KeyUpstream {
    struct State {
        var key = UpstreamKey(cluster: [1], key: [2], version: 1, activatedAt: 10, isEnabled: true)
        var failure: UpstreamError?
        var describes = 0
        var decrypts = 0
        var lies = false
        /// While true, calls to decrypt wait.
        var holds = false
        /// While true, looks at the key wait.
        var holdsLooks = false
        /// So many more Encrypts find that the key was rotated a moment before.
        var rotationsAhead = 0
        /// Encrypts and Decrypts now, and the most there were.
        var running = 0
        var mostRunning = 0
    }

    let state = Mutex(State())

    func rotate() {
        state.withLock {
            $0.key.version += 1
            $0.key.activatedAt += 10
        }
    }

    func describe(confirmed: Bool, deadline: ContinuousClock.Instant) async throws(UpstreamError) -> UpstreamKey {
        state.withLock { $0.describes += 1 }
        try await wait(until: deadline) { $0.holdsLooks }
        let (key, failure) = state.withLock { ($0.key, $0.failure) }
        if let failure { throw failure }
        return key
    }

    func encrypt(
        _ plaintext: [UInt8], version: UInt32, context: [(key: String, value: String)],
        deadline: ContinuousClock.Instant
    ) async throws(UpstreamError) -> [UInt8] {
        enter()
        defer { state.withLock { $0.running -= 1 } }
        let (key, failure, isLate) = state.withLock { state in
            let isLate = state.rotationsAhead > 0
            if isLate { state.rotationsAhead -= 1 }
            return (state.key, state.failure, isLate)
        }
        if isLate { rotate() }
        if let failure { throw failure }
        await Task.yield()
        guard key.isEnabled, key.version == version, !isLate else {
            throw UpstreamError(.versionRetired, "version \(version) does not protect")
        }
        guard let box = try? AES.GCM.seal(plaintext, using: Self.key(version), authenticating: Self.bound(context)),
            let sealed = box.combined
        else { throw UpstreamError(.invalid, "cannot seal") }
        return [UInt8(version)] + sealed
    }

    func decrypt(
        _ ciphertext: [UInt8], context: [(key: String, value: String)], deadline: ContinuousClock.Instant
    ) async throws(UpstreamError) -> [UInt8] {
        enter()
        defer { state.withLock { $0.running -= 1 } }
        let (failure, lies) = state.withLock { state in
            state.decrypts += 1
            return (state.failure, state.lies)
        }
        if let failure { throw failure }
        try await wait(until: deadline) { $0.holds }
        guard let version = ciphertext.first,
            let box = try? AES.GCM.SealedBox(combined: ciphertext.dropFirst()),
            let plaintext = try? AES.GCM.open(
                box, using: Self.key(UInt32(version)), authenticating: Self.bound(context))
        else { throw UpstreamError(.rejectedCiphertext, "the ciphertext is refused") }
        return lies ? [UInt8](plaintext) + [0] : [UInt8](plaintext)
    }

    private func enter() {
        state.withLock { state in
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
        }
    }

    private func wait(
        until deadline: ContinuousClock.Instant, while isHeld: (State) -> Bool
    ) async throws(UpstreamError) {
        while state.withLock({ isHeld($0) }) {
            guard !Task.isCancelled, ContinuousClock.now < deadline else { throw UpstreamError(.deadline, "held") }
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    private static func key(_ version: UInt32) -> SymmetricKey {
        SymmetricKey(data: [UInt8](repeating: UInt8(version), count: 32))
    }

    private static func bound(_ context: [(key: String, value: String)]) -> [UInt8] {
        Array(context.map { "\($0.key)=\($0.value)" }.joined(separator: ",").utf8)
    }
}
