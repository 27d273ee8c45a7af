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

    /// Asks for every key and register that was written, with reads that a quorum confirms: those whose creation was
    /// acknowledged, and those that a load's client was shown. Each read is a call `look` of the history, so that what
    /// it shows is judged with all that was told before.
    package func finalReads() async -> [RunRecord.FinalRead] {
        let keys = Set(context.recorder.calls.filter(Self.shows).map(\.subject))
        let deadline = ContinuousClock.now + Self.patience
        let readers = await readers()
        let found = await Self.each(keys.sorted()) { key in
            let reader = readers.first { key.hasPrefix(LoadNames.prefix($0.placement)) }
            return RunRecord.FinalRead(key: key, exists: await self.exists(key, reader, deadline))
        }
        for reader in readers { await reader.etcd?.close() }
        return found
    }

    /// Whether a call shows that there is, or was, what it is about.
    private static func shows(_ call: ChaosCall) -> Bool {
        guard call.isDone else { return false }
        return switch (call.load, call.request) {
        case (.writes, .create), (.writes, .put), (.lifecycle, _), (.registers, _): true
        default: false
        }
    }

    private struct Reader: Sendable {
        var placement: String
        var region: String
        /// Its number in the history.
        var number: Int
        var client: ClavigerClient?
        var etcd: EtcdCaller?
    }

    private func readers() async -> [Reader] {
        var readers: [Reader] = []
        for placement in Set(loads.map(\.placement)).sorted() {
            guard let region = context.ground.regions(of: placement).first else { continue }
            let endpoints = context.ground.etcdEndpoints(in: region)
            var reader = Reader(placement: placement, region: region, number: context.newClient())
            if endpoints.isEmpty {
                reader.client = try? await context.client(for: "look", in: region)
            } else {
                reader.etcd = try? EtcdCaller(
                    endpoints: endpoints, eventLoop: context.ground.eventLoop(in: region))
            }
            readers.append(reader)
        }
        return readers
    }

    private func exists(
        _ key: String, _ reader: Reader?, _ deadline: ContinuousClock.Instant
    ) async -> Bool? {
        for _ in 0..<Self.tries {
            guard ContinuousClock.now < deadline, !Task.isCancelled, let reader,
                let outcome = await read(key, reader)
            else { return nil }
            if let exists = Self.existence(in: outcome) { return exists }
            try? await Task.sleep(for: .milliseconds(250))
        }
        return nil
    }

    /// Nil: there is no way to ask.
    private func read(_ key: String, _ reader: Reader) async -> ChaosCall.Outcome? {
        let asked = Asked(.look, client: reader.number, region: reader.region, subject: key)
        if let client = reader.client {
            return await context.call(asked, .describe(isConfirmed: true)) { (_) async throws(ClientError) in
                Answered(try await client.describeKey(key, confirmed: true, timeout: .seconds(5)))
            }
        }
        guard let etcd = reader.etcd else { return nil }
        return await context.etcdCall(asked, .get) { () async throws(EtcdError) in try await etcd.get(key) }
    }

    /// Nil: the answer does not say.
    private static func existence(in outcome: ChaosCall.Outcome) -> Bool? {
        switch outcome {
        case .done(.register(let value, _)): value != nil
        // Of a read only an answer that cannot be understood is not known: it is about something that is there.
        case .done, .unknown: true
        case .refused(let code): code == ClientError.Code.keyNotFound.rawValue ? false : nil
        }
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
