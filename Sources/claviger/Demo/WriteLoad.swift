import ClientAPI
import Synchronization

/// About ten writes in a second to one placement: new keys, and tags that count up. Remembers what was acknowledged,
/// and when.
final class WriteLoad: Sendable {
    struct Acknowledged: Sendable {
        /// By key name; the number in its tag, or nil for a key that was only made.
        var keys: [String: Int?] = [:]
        var instants: [ContinuousClock.Instant] = []
        /// Writes that were not acknowledged, in words.
        var failures: [String] = []
    }

    private static let writers = 3
    private static let pause = Duration.milliseconds(280)
    private static let tagName = "sequence"

    private let client: ClavigerClient
    private let tenant: String
    private let state = Mutex(Acknowledged())
    private let isEnding = Atomic<Bool>(false)

    init(client: ClavigerClient, tenant: String) {
        self.client = client
        self.tenant = tenant
    }

    var acknowledged: Acknowledged { state.withLock { $0 } }

    func end() { isEnding.store(true, ordering: .relaxed) }

    /// Until `end` is called.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers { group.addTask { await self.write(writer) } }
        }
    }

    private func write(_ writer: Int) async {
        let tagged = "eu/\(tenant)/tagged-\(writer)"
        var number = 0
        // One after the other, so that the federation is asked for a write about every tenth of a second.
        try? await Task.sleep(for: Self.pause / Self.writers * writer)
        while !isEnding.load(ordering: .relaxed), !Task.isCancelled {
            do throws(ClientError) {
                if number == 0 {
                    _ = try await client.createKey(tagged)
                    note(tagged, nil)
                } else if number.isMultiple(of: 2) {
                    let name = "eu/\(tenant)/made-\(writer)-\(number)"
                    _ = try await client.createKey(name)
                    note(name, nil)
                } else {
                    _ = try await client.setKeyTags(tagged, tags: [Self.tagName: "\(number)"])
                    note(tagged, number)
                }
            } catch {
                state.withLock { $0.failures.append(error.description) }
            }
            number += 1
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func note(_ name: String, _ number: Int?) {
        state.withLock {
            $0.keys.updateValue(number, forKey: name)
            $0.instants.append(.now)
        }
    }

    /// The longest time without an acknowledgement between two instants.
    func longestSilence(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Duration {
        let inside = acknowledged.instants.sorted().filter { $0 > start && $0 < end }
        let marks = [start] + inside + [end]
        return zip(marks, marks.dropFirst()).map { $1 - $0 }.max() ?? .zero
    }

    /// Asks for every acknowledged write with confirmed reads. Returns what is lost, in words.
    func lost(reading client: ClavigerClient) async -> [String] {
        let expected = acknowledged.keys.sorted { $0.key < $1.key }
        return await withTaskGroup(of: String?.self) { group in
            var next = 0
            var lost: [String] = []
            while next < min(8, expected.count) {
                let (name, number) = expected[next]
                group.addTask { await Self.loss(of: name, number, client) }
                next += 1
            }
            while let answer = await group.next() {
                if let answer { lost.append(answer) }
                guard next < expected.count else { continue }
                let (name, number) = expected[next]
                group.addTask { await Self.loss(of: name, number, client) }
                next += 1
            }
            return lost.sorted()
        }
    }

    private static func loss(of name: String, _ number: Int?, _ client: ClavigerClient) async -> String? {
        do throws(ClientError) {
            let key = try await client.describeKey(name, confirmed: true)
            guard let number else { return nil }
            // A later write that was made and not acknowledged may stand there instead.
            guard let found = key.tags[tagName].flatMap({ Int($0) }), found >= number else {
                return "\(name): tag \(key.tags[tagName] ?? "absent"), acknowledged \(number)"
            }
            return nil
        } catch {
            return "\(name): \(error)"
        }
    }
}
