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

    /// A node's leaderships as its shard keeps them, and an isolation whose hand-overs the test holds.
    private final class Node: Sendable {
        let now = Atomic<UInt64>(1_000_000_000)
        let isDraining = Atomic<Bool>(false)
        private let handOvers = Mutex<[CheckedContinuation<Bool, Never>]>([])
        private let made = Mutex<NodeIsolation?>(nil)

        init() {
            let isolation = NodeIsolation(
                handOver: { await self.handOver() }, takeUp: { self.isDraining.store(false, ordering: .relaxed) },
                clock: { self.now.load(ordering: .relaxed) })
            made.withLock { $0 = isolation }
        }

        private func handOver() async -> Bool {
            let isFree = await withCheckedContinuation { continuation in
                handOvers.withLock { $0.append(continuation) }
            }
            // What the end sends may be there before what the beginning sends.
            if isFree { isDraining.store(true, ordering: .relaxed) }
            return isFree
        }

        var isolation: NodeIsolation? { made.withLock { $0 } }
        var waiting: Int { handOvers.withLock { $0.count } }
        var drains: Bool { isDraining.load(ordering: .relaxed) }

        /// Begins an isolation and comes back when its hand-over waits.
        func begin(seconds: UInt32) async throws -> Task<Bool, Never> {
            let isolation = try #require(self.isolation)
            let before = waiting
            let task = Task { () -> Bool in
                do {
                    try await isolation.begin(seconds: seconds)
                    return true
                } catch {
                    return false
                }
            }
            try await eventually("the hand-over begins") { self.waiting == before + 1 }
            return task
        }

        /// Lets one hand-over go on; they count in the order in which they began.
        func conclude(_ place: Int, isFree: Bool = true) {
            handOvers.withLock { $0[place] }.resume(returning: isFree)
        }
    }

    enum Ending: CaseIterable, Sendable { case asked, time }

    @Test("Whatever ends it while it hands over, the node leads again afterwards", arguments: Ending.allCases)
    func endedMeanwhile(_ ending: Ending) async throws {
        let node = Node()
        let isolation = try #require(node.isolation)
        let beginning = try await node.begin(seconds: 10)
        switch ending {
        case .asked: isolation.end()
        case .time:
            node.now.add(10_000_000_000, ordering: .relaxed)
            isolation.expire()
        }
        node.conclude(0)
        #expect(await beginning.value == false)
        #expect(!isolation.isActive)
        #expect(!node.drains, "the hand-over came after the end, and nobody undid it")
    }

    @Test(
        "Of two that cross each other the later one holds, whichever hands over first", arguments: [[0, 1], [1, 0]])
    func crossing(order: [Int]) async throws {
        let node = Node()
        let isolation = try #require(node.isolation)
        let first = try await node.begin(seconds: 10)
        let second = try await node.begin(seconds: 60)
        for place in order { node.conclude(place) }
        #expect(await first.value == false)
        #expect(await second.value == true)
        #expect(isolation.isActive && node.drains)
        node.now.add(30_000_000_000, ordering: .relaxed)
        isolation.expire()
        #expect(isolation.remainingSeconds == 30 && node.drains)
        node.now.add(30_000_000_000, ordering: .relaxed)
        isolation.expire()
        #expect(!isolation.isActive && !node.drains)
    }

    @Test("Where the later of two cannot begin, the earlier one does not either, and the node leads again")
    func crossedByOneThatFails() async throws {
        let node = Node()
        let isolation = try #require(node.isolation)
        let first = try await node.begin(seconds: 10)
        let second = try await node.begin(seconds: 60)
        node.conclude(1, isFree: false)
        #expect(await second.value == false)
        node.conclude(0)
        #expect(await first.value == false)
        #expect(!isolation.isActive && !node.drains)
    }

    @Test("One that is ended and begun anew meanwhile holds, and the first hand-over does not undo it")
    func endedAndBegunAnew() async throws {
        let node = Node()
        let isolation = try #require(node.isolation)
        let first = try await node.begin(seconds: 10)
        isolation.end()
        let second = try await node.begin(seconds: 60)
        node.conclude(1)
        #expect(await second.value == true)
        node.conclude(0)
        #expect(await first.value == false)
        #expect(isolation.isActive && node.drains)
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
