import ClientAPI
import NIOCore
import Synchronization
import Topology

/// Steady calls with one key of a placement, from clients in one region.
final class DrillProbe: Sendable {
    private struct State {
        var calls = DrillCalls()
        var writes = DrillWrites()
    }

    let kind: DrillOutcome.Kind
    let placement: String
    /// Where its client is; empty for writes, which all go to the leader.
    let region: String
    private let client: ClavigerClient
    private let key: String
    private let began: ContinuousClock.Instant
    private let state = Mutex(State())
    private let isEnding = Atomic<Bool>(false)

    private static let pace = Duration.milliseconds(100)
    private static let patience = TimeAmount.seconds(3)

    init(
        _ kind: DrillOutcome.Kind, placement: String, region: String, client: ClavigerClient, key: String,
        began: ContinuousClock.Instant
    ) {
        self.kind = kind
        self.placement = placement
        self.region = region
        self.client = client
        self.key = key
        self.began = began
    }

    /// No call begins after it.
    func end() { isEnding.store(true, ordering: .relaxed) }

    /// Ten calls in a second, one after the other, until `end` is called.
    func run() async {
        switch kind {
        case .writes: await write()
        case .crypto: await use()
        }
    }

    func row(bound: Double, fault: Double, end: Double) -> DrillOutcome.Row {
        state.withLock {
            $0.calls.row(kind, placement: placement, clients: region, bound: bound, fault: fault, end: end)
        }
    }

    // MARK: - Writes

    /// Each write expects what the one before left, so that one whose answer was lost cannot come in late.
    private func write() async {
        var generation: UInt64?
        var number = 0
        await pace {
            if generation == nil { generation = try? await self.confirmedGeneration() }
            guard let expected = generation else { return }
            number += 1
            let sequence = number
            generation = await self.call {
                let key = try await self.client.setKeyTags(
                    self.key, tags: ["drill": "\(sequence)"], expectedGeneration: expected, timeout: Self.patience
                ).key
                self.state.withLock { $0.writes.acknowledge(generation: key.generation) }
                return key.generation
            }
        }
    }

    /// Asks a quorum which change stands.
    private func confirmedGeneration() async throws(ClientError) -> UInt64 {
        do throws(ClientError) {
            let generation = try await client.describeKey(key, confirmed: true, timeout: Self.patience).generation
            state.withLock { $0.writes.read(generation: generation) }
            return generation
        } catch {
            if error.code == .keyNotFound { state.withLock { $0.writes.read(generation: nil) } }
            throw error
        }
    }

    /// After the last write: what of all that was acknowledged is there, asked for up to 10 s.
    func written() async -> DrillOutcome.Written {
        for attempt in 0..<20 {
            if attempt > 0 { try? await Task.sleep(for: .milliseconds(500)) }
            _ = try? await confirmedGeneration()
            if state.withLock({ $0.writes.isVerified }) { break }
        }
        let writes = state.withLock { $0.writes }
        return DrillOutcome.Written(
            placement: placement, acknowledged: writes.acknowledged.count, lost: writes.lost,
            isVerified: writes.isVerified)
    }

    // MARK: - Crypto

    private func use() async {
        var ciphertext: [UInt8]?
        let plaintext = Array("claviger drill".utf8)
        await pace {
            guard let sealed = ciphertext else {
                ciphertext = await self.call {
                    Array(
                        try await self.client.encrypt(key: self.key, plaintext: plaintext, timeout: Self.patience)
                            .ciphertext)
                }
                return
            }
            ciphertext = nil
            await self.call {
                let opened = try await self.client.decrypt(ciphertext: sealed, timeout: Self.patience)
                guard Array(opened.plaintext) == plaintext else {
                    throw ClientError(.internalError, "another plaintext came back")
                }
            }
        }
    }

    // MARK: - Both

    private func pace(_ body: () async -> Void) async {
        var due = ContinuousClock.now
        while !isEnding.load(ordering: .relaxed), !Task.isCancelled {
            await body()
            // After a long call the next one is due at once, and no others are made up for.
            due = max(due + Self.pace, .now)
            try? await Task.sleep(until: due, clock: .continuous)
        }
    }

    /// Notes how a call ended; nil: without an answer.
    @discardableResult
    private func call<Value>(_ body: () async throws -> Value) async -> Value? {
        let start = ContinuousClock.now
        var value: Value?
        var failure: String?
        do {
            value = try await body()
        } catch let error as ClientError {
            // An earlier write whose answer was lost came in: nothing failed, and nothing was acknowledged either.
            if error.code == .generationConflict { return nil }
            failure = error.code.rawValue
        } catch {
            failure = "\(error)"
        }
        let (from, until) = ((start - began) / .seconds(1), (ContinuousClock.now - began) / .seconds(1))
        state.withLock { [failure] in $0.calls.add(began: from, ended: until, error: failure) }
        return value
    }
}
