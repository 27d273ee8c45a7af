import KeyModel
import KeyOperations
import Synchronization
import Testing

@Suite("Isolation of a node for a drill")
struct NodeIsolationTests {
    /// Time and leaderships as the test wants them.
    private final class Ground: Sendable {
        let now = Atomic<UInt64>(1_000_000_000)
        let canHandOver = Atomic<Bool>(true)
        let handed = Atomic<Int>(0)
        let taken = Atomic<Int>(0)

        func isolation(_ during: @escaping @Sendable () async -> Void = {}) -> NodeIsolation {
            NodeIsolation(
                handOver: {
                    self.handed.add(1, ordering: .relaxed)
                    await during()
                    return self.canHandOver.load(ordering: .relaxed)
                },
                takeUp: { self.taken.add(1, ordering: .relaxed) }, clock: { self.now.load(ordering: .relaxed) })
        }

        func pass(seconds: UInt64) { now.add(seconds * 1_000_000_000, ordering: .relaxed) }
        var takenUp: Int { taken.load(ordering: .relaxed) }
    }

    @Test("It begins with handing over, and the time ends it")
    func time() async throws {
        let ground = Ground()
        let isolation = ground.isolation()
        #expect(!isolation.isActive)
        try await isolation.begin(seconds: 10)
        #expect(isolation.isActive)
        #expect(isolation.remainingSeconds == 10)
        ground.pass(seconds: 9)
        isolation.expire()
        #expect(isolation.isActive)
        #expect(ground.takenUp == 0)
        ground.pass(seconds: 1)
        // Calls are served as of the very moment, leaderships a little later.
        #expect(!isolation.isActive)
        #expect(isolation.remainingSeconds == 0)
        isolation.expire()
        isolation.expire()
        #expect(ground.takenUp == 1)
    }

    @Test("It can be ended before, and ending what is over changes nothing")
    func end() async throws {
        let ground = Ground()
        let isolation = ground.isolation()
        try await isolation.begin(seconds: 10)
        isolation.end()
        #expect(!isolation.isActive)
        isolation.end()
        #expect(ground.takenUp == 1)
    }

    @Test("A new time replaces the old one")
    func renewed() async throws {
        let ground = Ground()
        let isolation = ground.isolation()
        try await isolation.begin(seconds: 10)
        ground.pass(seconds: 5)
        try await isolation.begin(seconds: 60)
        ground.pass(seconds: 30)
        isolation.expire()
        #expect(isolation.isActive)
        #expect(isolation.remainingSeconds == 30)
    }

    @Test("Whoever nobody can follow stays in service")
    func alone() async {
        let ground = Ground()
        ground.canHandOver.store(false, ordering: .relaxed)
        let isolation = ground.isolation()
        await #expect(throws: KMSError.self) { try await isolation.begin(seconds: 10) }
        #expect(!isolation.isActive)
        #expect(ground.takenUp == 1)
    }

    @Test("What was ended while it began does not begin")
    func crossed() async {
        let ground = Ground()
        let box = Mutex<NodeIsolation?>(nil)
        let isolation = ground.isolation { box.withLock { $0 }?.end() }
        box.withLock { $0 = isolation }
        await #expect(throws: KMSError.self) { try await isolation.begin(seconds: 10) }
        #expect(!isolation.isActive)
        // Once for the end, and once more since the hand-over came after it: else nothing would ever undo that.
        #expect(ground.takenUp == 2)
    }

    @Test("A node that leaves takes nothing up any more")
    func closed() async throws {
        let ground = Ground()
        let isolation = ground.isolation()
        try await isolation.begin(seconds: 10)
        isolation.close()
        ground.pass(seconds: 20)
        isolation.expire()
        isolation.end()
        #expect(ground.takenUp == 0)
        await #expect(throws: KMSError.self) { try await isolation.begin(seconds: 10) }
    }
}
