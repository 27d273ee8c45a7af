import ClientAPI
import NIOCore
import Synchronization

/// Writes and crypto calls at fixed rates, through the client that fails over. Every call is remembered with how it
/// ended.
final class MixedLoad: Sendable {
    struct Call: Sendable {
        /// Of a write, the key that it made.
        let key: String
        /// When the rate asked for it.
        let due: ContinuousClock.Instant
        let end: ContinuousClock.Instant
        /// The code of the error; nil if it was answered.
        let error: String?

        var milliseconds: Double { ((end - due) / .microseconds(1) / 1000).rounded(to: 1) }
    }

    private let client: ClavigerClient
    private let prefix: String
    private let cryptoKey: String
    private let isStopped = Atomic<Bool>(false)
    private let doneWrites = Mutex<[Call]>([])
    private let doneCrypto = Mutex<[Call]>([])

    /// Makes the key that the crypto calls use, and waits until every holder has it: the calls bring no consistency
    /// token.
    init(_ bench: BenchFederation) async throws {
        client = bench.client
        prefix = "\(bench.placement)/bench/f\(RunName.make())-"
        cryptoKey = prefix + "crypto"
        _ = try await client.createKey(cryptoKey, timeout: .seconds(10))
        try await Task.sleep(for: .seconds(1))
    }

    var writes: [Call] { doneWrites.withLock { $0 } }
    var crypto: [Call] { doneCrypto.withLock { $0 } }

    /// Goes on until `stop`, and then until the last call has ended.
    func run(writesPerSecond: Double, cryptoPerSecond: Double) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await self.pace(writesPerSecond) { number, due in
                    let key = self.prefix + String(number)
                    let error = await Self.code { _ = try await self.client.createKey(key, timeout: .seconds(10)) }
                    self.doneWrites.withLock { $0.append(Call(key: key, due: due, end: .now, error: error)) }
                }
            }
            group.addTask {
                await self.pace(cryptoPerSecond) { number, due in
                    let error = await Self.code { try await self.protectAndOpen(number) }
                    self.doneCrypto.withLock { $0.append(Call(key: "", due: due, end: .now, error: error)) }
                }
            }
        }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// The last ciphertext and what is in it, for the Decrypts.
    private let last = Mutex<(plaintext: [UInt8], ciphertext: [UInt8])?>(nil)

    /// Encrypt and Decrypt in turn, one call each, at most 3 s as a caller would wait.
    private func protectAndOpen(_ number: Int) async throws {
        if number % 2 == 1, let known = last.withLock({ $0 }) {
            let answer = try await client.decrypt(ciphertext: known.ciphertext, timeout: .seconds(3))
            guard Array(answer.plaintext) == known.plaintext else { throw BenchFailure("wrong plaintext") }
        } else {
            let plaintext = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
            let answer = try await client.encrypt(key: cryptoKey, plaintext: plaintext, timeout: .seconds(3))
            last.withLock { $0 = (plaintext, Array(answer.ciphertext)) }
        }
    }

    /// Starts a call whenever one is due, however many are still open.
    private func pace(
        _ rate: Double, _ body: @escaping @Sendable (Int, ContinuousClock.Instant) async -> Void
    ) async {
        guard rate > 0 else { return }
        let start = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            var number = 0
            while !isStopped.load(ordering: .relaxed) {
                let due = start + .nanoseconds(Int64(Double(number) * 1e9 / rate))
                if due > .now { try? await Task.sleep(until: due, clock: .continuous) }
                let taken = number
                group.addTask { await body(taken, due) }
                number += 1
            }
        }
    }

    private static func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch let error as ClientError {
            return error.code.rawValue
        } catch {
            return "\(error)"
        }
    }
}
