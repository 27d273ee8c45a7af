import ClientAPI
import Foundation
import Synchronization

/// Calls that go on while something happens to the nodes: encrypt and decrypt in turn, and new keys.
final class Load: Sendable {
    struct Tally: Sendable {
        var calls = 0
        var failures: [String] = []
        /// Names of keys whose creation was acknowledged.
        var made: [String] = []
    }

    private let client: ClavigerClient
    private let state = Mutex(Tally())
    private let isEnding = Atomic<Bool>(false)

    init(_ client: ClavigerClient) { self.client = client }

    var tally: Tally { state.withLock { $0 } }

    /// Runs the body beside the calls, and returns what they came to once both have ended.
    func during(writes: Bool = false, _ body: () async throws -> Void) async throws -> Tally {
        async let crypto: Void = encryptAndDecrypt()
        async let making: Void = makeKeys(writes)
        var failure: (any Error)?
        do {
            try await eventually("calls are under way") { tally.calls > 20 }
            try await body()
            let reached = tally.calls
            try await eventually("calls go on afterwards") { tally.calls > reached + 20 }
        } catch {
            failure = error
        }
        isEnding.store(true, ordering: .relaxed)
        _ = await (crypto, making)
        if let failure { throw failure }
        return tally
    }

    private func encryptAndDecrypt() async {
        var number = 0
        while !isEnding.load(ordering: .relaxed) {
            number += 1
            let plaintext = Array("message \(number)".utf8)
            do {
                let sealed = try await client.encrypt(key: TestFederation.key, plaintext: plaintext)
                let opened = try await client.decrypt(ciphertext: Array(sealed.ciphertext))
                let isRight = Array(opened.plaintext) == plaintext
                state.withLock {
                    $0.calls += 2
                    if !isRight { $0.failures.append("message \(number) came back changed") }
                }
            } catch {
                state.withLock { $0.failures.append("message \(number): \(error)") }
            }
            try? await Task.sleep(for: .milliseconds(3))
        }
    }

    /// A write that is not acknowledged is no failure here: only what was acknowledged must be kept.
    private func makeKeys(_ isWanted: Bool) async {
        var number = 0
        while isWanted, !isEnding.load(ordering: .relaxed) {
            number += 1
            let name = "eu/acme/made-\(number)"
            if (try? await client.createKey(name)) != nil { state.withLock { $0.made.append(name) } }
            try? await Task.sleep(for: .milliseconds(40))
        }
    }
}
