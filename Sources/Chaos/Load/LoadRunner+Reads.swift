import ClientAPI
import EtcdClient
import KubernetesDoor
import NIOCore

extension LoadRunner {
    /// How long the last look may take in all; what was not answered by then is unanswered.
    private static let patience = Duration.seconds(120)
    /// Calls at a time.
    private static let width = 32
    /// Tries of one call, a quarter of a second apart.
    private static let tries = 20
    /// Ciphertexts that are opened again, of each placement and plugin.
    private static let mostReopened = 5000

    // MARK: - Acknowledged writes

    /// Asks for every key whose creation was acknowledged, with a read that a quorum confirms.
    package func finalReads() async -> [RunRecord.FinalRead] {
        var keys: [String: Load.Kind] = [:]
        for call in context.recorder.calls where call.isDone {
            switch (call.load, call.request) {
            case (.writes, .create), (.lifecycle, .create), (.writes, .put), (.registers, .put):
                keys[call.subject] = call.load
            default: continue
            }
        }
        let deadline = ContinuousClock.now + Self.patience
        let readers = await readers()
        let found = await Self.each(keys.keys.sorted()) { key in
            let reader = readers.first { key.hasPrefix(LoadNames.prefix($0.placement)) }
            return RunRecord.FinalRead(key: key, exists: await Self.exists(key, reader, deadline))
        }
        for reader in readers { await reader.etcd?.close() }
        return found
    }

    private struct Reader: Sendable {
        var placement: String
        var client: ClavigerClient?
        var etcd: EtcdCaller?
    }

    private func readers() async -> [Reader] {
        var readers: [Reader] = []
        for placement in Set(loads.map(\.placement)).sorted() {
            guard let region = context.ground.regions(of: placement).first else { continue }
            let endpoints = context.ground.etcdEndpoints(in: region)
            if endpoints.isEmpty {
                let client = try? await context.client(for: "look", in: region)
                readers.append(Reader(placement: placement, client: client, etcd: nil))
            } else {
                let caller = try? EtcdCaller(endpoints: endpoints, eventLoop: context.ground.eventLoop(in: region))
                readers.append(Reader(placement: placement, client: nil, etcd: caller))
            }
        }
        return readers
    }

    private static func exists(
        _ key: String, _ reader: Reader?, _ deadline: ContinuousClock.Instant
    ) async -> Bool? {
        for _ in 0..<tries {
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return nil }
            if let client = reader?.client {
                do throws(ClientError) {
                    _ = try await client.describeKey(key, confirmed: true, timeout: .seconds(5))
                    return true
                } catch {
                    if error.code == .keyNotFound { return false }
                }
            } else if let etcd = reader?.etcd {
                if let reply = try? await etcd.get(key) { return reply.value != nil }
            } else {
                return nil
            }
            try? await Task.sleep(for: .milliseconds(250))
        }
        return nil
    }

    // MARK: - Ciphertexts

    /// Opens the ciphertexts of the whole run again, all or of many thousands an even choice with the first and the
    /// last.
    ///
    /// - Returns: how many opened to what had been protected, and the numbers of the calls whose ciphertexts did not.
    package func reopen() async -> (reopened: Int, unopened: [Int]) {
        let deadline = ContinuousClock.now + Self.patience
        var opened: [(call: Int, isOpen: Bool)] = []
        for (placement, store) in ciphertexts.sorted(by: { $0.key < $1.key }) {
            let entries = store.sample(Self.mostReopened)
            guard !entries.isEmpty, let region = context.ground.regions(of: placement).first else { continue }
            let client = try? await context.client(for: "look", in: region)
            opened += await Self.each(entries) { entry in
                let isOpen = await Self.insist(deadline) {
                    guard let client else { return false }
                    let answer = try await client.decrypt(ciphertext: entry.sealed, timeout: .seconds(5))
                    return Array(answer.plaintext) == entry.plaintext
                }
                return (entry.call, isOpen)
            }
        }
        for load in kubernetes { opened += await reopen(load, deadline) }
        return (opened.count { $0.isOpen }, opened.filter { !$0.isOpen }.map(\.call).sorted())
    }

    private func reopen(
        _ load: KubernetesLoad, _ deadline: ContinuousClock.Instant
    ) async -> [(call: Int, isOpen: Bool)] {
        var opened: [(call: Int, isOpen: Bool)] = []
        for (region, store) in zip(load.regions, load.seeds) {
            let entries = store.sample(Self.mostReopened)
            guard !entries.isEmpty else { continue }
            let socket = try? load.socket(in: region)
            opened += await Self.each(entries) { entry in
                let isOpen = await Self.insist(deadline) {
                    guard let socket else { return false }
                    return try await socket.decrypt(entry.sealed) == entry.plaintext
                }
                return (entry.call, isOpen)
            }
            await socket?.close()
        }
        return opened
    }

    /// Tries until there is an answer. An answer is believed at once, a refusal only after many.
    private static func insist(
        _ deadline: ContinuousClock.Instant, _ body: () async throws -> Bool
    ) async -> Bool {
        for _ in 0..<tries {
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
            if let isRight = try? await body() { return isRight }
            try? await Task.sleep(for: .milliseconds(250))
        }
        return false
    }

    /// The answers for all items, `width` at a time, in no order.
    static func each<Item: Sendable, Answer: Sendable>(
        _ items: [Item], width: Int = LoadRunner.width, _ body: @escaping @Sendable (Item) async -> Answer
    ) async -> [Answer] {
        await withTaskGroup(of: Answer.self) { group in
            var rest = items[...]
            var answers: [Answer] = []
            func addNext() {
                guard let item = rest.popFirst() else { return }
                group.addTask { await body(item) }
            }
            for _ in 0..<width { addNext() }
            while let answer = await group.next() {
                answers.append(answer)
                addNext()
            }
            return answers
        }
    }

    // MARK: - For those who look for leaks

    /// A few ciphertexts of the placement, from the oldest to the newest.
    package func ciphertexts(of placement: String) -> [[UInt8]] {
        ciphertexts[placement]?.sample(16).map(\.sealed) ?? []
    }

    /// A few plaintexts of each placement: what no node outside it may ever hold.
    package var plaintexts: [(label: String, bytes: [UInt8], placement: String)] {
        var found: [(label: String, bytes: [UInt8], placement: String)] = []
        func add(_ call: Int, _ bytes: [UInt8], _ placement: String) {
            found.append((label: "the plaintext of call \(call)", bytes: bytes, placement: placement))
        }
        for (placement, store) in ciphertexts.sorted(by: { $0.key < $1.key }) {
            for entry in store.sample(32) { add(entry.call, entry.plaintext, placement) }
        }
        for load in kubernetes {
            for store in load.seeds {
                for entry in store.sample(16) { add(entry.call, entry.plaintext, load.load.placement) }
            }
        }
        return found
    }
}
