import Chaos
import Synchronization
import Testing

@Suite struct NodeLineTests {
    private final class Order: Sendable {
        private let noted = Mutex<[Int]>([])
        var all: [Int] { noted.withLock { $0 } }
        func note(_ number: Int) { noted.withLock { $0.append(number) } }
    }

    @Test func workOnOneNodeIsDoneInOrder() async throws {
        let line = NodeLine()
        let order = Order()
        let isReleased = Gate()
        let first = Task {
            try await line.perform(on: ["a", "b"]) {
                await isReleased.wait(atMost: .seconds(5))
                order.note(1)
            }
        }
        try await Task.sleep(for: .milliseconds(20))
        let second = Task { try await line.perform(on: ["b"]) { order.note(2) } }
        try await line.perform(on: ["c"]) { order.note(3) }
        isReleased.open()
        try await first.value
        try await second.value
        #expect(order.all == [3, 1, 2])
    }

    @Test func whatFailedHoldsNobodyUp() async throws {
        let line = NodeLine()
        await #expect(throws: ChaosError.self) {
            try await line.perform(on: ["a"]) { throw ChaosError("a", "does not run") }
        }
        let isDone = Gate()
        try await line.perform(on: ["a"]) { isDone.open() }
        #expect(isDone.isOpen)
    }
}
