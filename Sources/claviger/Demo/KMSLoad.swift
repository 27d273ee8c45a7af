import KubernetesDoor
import Synchronization

/// Steady Encrypt and Decrypt calls at every plugin, as from busy API servers.
final class KMSLoad: Sendable {
    struct Tally: Sendable {
        var calls = 0
        /// What went wrong, the first few in words.
        var failures = 0
        var firstFailures: [String] = []
        var longest = Duration.zero
        var longestName = "-"
        /// Plaintexts that were sent to the plugin of the EU, to be searched for.
        var plaintexts: [[UInt8]] = []
    }

    private static let workersPerSocket = 8
    private static let pause = Duration.milliseconds(40)
    private static let remembered = 32
    private static let samples = 48

    private let sockets: [KMSSocket]
    private let state = Mutex(Tally())
    private let isEnding = Atomic<Bool>(false)

    init(sockets: [KMSSocket]) { self.sockets = sockets }

    var tally: Tally { state.withLock { $0 } }

    /// Lets the calls under way come to their end, and no more begin.
    func end() { isEnding.store(true, ordering: .relaxed) }

    /// Until `end` is called.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for socket in sockets {
                for _ in 0..<Self.workersPerSocket { group.addTask { await self.work(socket) } }
            }
        }
    }

    private func work(_ socket: KMSSocket) async {
        var known: [(plaintext: [UInt8], sealed: V2_EncryptResponse)] = []
        while !isEnding.load(ordering: .relaxed), !Task.isCancelled {
            let plaintext = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
            remember(plaintext, socket)
            await timed("Encrypt at \(socket.placement)") {
                let sealed = try await socket.encrypt(plaintext)
                if known.count == Self.remembered { known.remove(at: Int.random(in: 0..<Self.remembered)) }
                known.append((plaintext, sealed))
                return true
            }
            if let one = known.randomElement() {
                await timed("Decrypt at \(socket.placement)") { try await socket.decrypt(one.sealed) == one.plaintext }
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func remember(_ plaintext: [UInt8], _ socket: KMSSocket) {
        guard socket.placement == "eu" else { return }
        state.withLock { if $0.plaintexts.count < Self.samples { $0.plaintexts.append(plaintext) } }
    }

    private func timed(_ name: String, _ body: () async throws -> Bool) async {
        let began = ContinuousClock.now
        var failure: String?
        do {
            if try await !body() { failure = "\(name): another plaintext came back" }
        } catch {
            failure = "\(name): \(error)"
        }
        let took = ContinuousClock.now - began
        state.withLock { tally in
            tally.calls += 1
            if took > tally.longest {
                tally.longest = took
                tally.longestName = name
            }
            guard let failure else { return }
            tally.failures += 1
            if tally.firstFailures.count < 3 { tally.firstFailures.append(failure) }
        }
    }
}
