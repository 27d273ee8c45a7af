import Synchronization

/// Somebody who keeps to the rules while others do not: calls again and again, and remembers how each call went.
package final class HealthyCaller: Sendable {
    /// What the calls came to.
    package struct Tally: Sendable, Encodable {
        package let caller: String
        package var calls = 0
        package var failures = 0
        /// The first few, in words.
        package var firstFailures: [String] = []
        package var longestMilliseconds = 0.0
    }

    private let pause: Duration
    private let call: @Sendable (Int) async throws -> Void
    private let state: Mutex<Tally>
    private let isEnding = Atomic<Bool>(false)

    /// - Parameters:
    ///   - pause: between the end of a call and the next.
    ///   - call: gets the number of the call; an error counts as a failure.
    package init(_ name: String, pause: Duration, call: @escaping @Sendable (Int) async throws -> Void) {
        self.pause = pause
        self.call = call
        state = Mutex(Tally(caller: name))
    }

    package var tally: Tally { state.withLock { $0 } }

    /// Until `end` is called.
    func run() async {
        var number = 0
        while !isEnding.load(ordering: .relaxed) {
            await time(number)
            number += 1
            try? await Task.sleep(for: pause)
        }
    }

    /// Lets the call under way come to its end, and no more begin.
    func end() { isEnding.store(true, ordering: .relaxed) }

    private func time(_ number: Int) async {
        let began = ContinuousClock.now
        var failure: String?
        do {
            try await call(number)
        } catch {
            failure = "call \(number): \(error)"
        }
        let took = (ContinuousClock.now - began) / .microseconds(1) / 1000
        state.withLock { tally in
            tally.calls += 1
            tally.longestMilliseconds = max(tally.longestMilliseconds, took)
            guard let failure else { return }
            tally.failures += 1
            if tally.firstFailures.count < 5 { tally.firstFailures.append(failure) }
        }
    }
}

/// What a healthy caller did not get.
struct Disappointment: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
