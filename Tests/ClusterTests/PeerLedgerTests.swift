import Cluster
import Raft
import Synchronization
import Testing
import Wire

@Suite("What a node makes of its peers' disks")
struct PeerLedgerTests {
    private static func hello(_ incarnation: UInt64, disk: UInt8) -> PeerHello {
        PeerHello(
            cluster: [1], replica: ReplicaID(7 << 16 | incarnation), store: Array(repeating: disk, count: 16),
            node: "n7", region: "eu-west")
    }

    private final class Directory: Sendable {
        let entry = Mutex<PeerLedger.Entry?>(nil)
        func seat(_ incarnation: UInt16, disk: UInt8) {
            entry.withLock {
                $0 = PeerLedger.Entry(
                    seat: PeerSeat(incarnation: incarnation, store: Array(repeating: disk, count: 16)), isTaken: true)
            }
        }
    }

    private let directory = Directory()
    private let ledger = PeerLedger(own: ReplicaID(1 << 16 | 1), facts: [])

    init() {
        ledger.consult { [directory] _ in directory.entry.withLock { $0 } }
    }

    @Test("Another disk under a known incarnation is turned away, and an older incarnation is fenced")
    func replaced() {
        directory.seat(1, disk: 1)
        #expect(ledger.judge(Self.hello(1, disk: 1)) == (nil, true))
        #expect(ledger.judge(Self.hello(1, disk: 1)) == (nil, false))
        #expect(ledger.judge(Self.hello(1, disk: 2)).refusal?.hasPrefix(PeerLedger.replaced) == true)
        directory.seat(2, disk: 2)
        #expect(ledger.judge(Self.hello(2, disk: 2)) == (nil, true))
        #expect(ledger.judge(Self.hello(1, disk: 1)).refusal?.hasPrefix(PeerLedger.fenced) == true)
    }

    @Test("A disk that the directory does not name is turned away though nobody here met the other one")
    func seat() {
        directory.seat(1, disk: 1)
        #expect(ledger.judge(Self.hello(1, disk: 2)).refusal?.hasPrefix(PeerLedger.replaced) == true)
    }

    @Test("An incarnation that the directory here does not know yet is let in, with one disk, and fences nobody")
    func early() {
        directory.seat(1, disk: 1)
        #expect(ledger.judge(Self.hello(1, disk: 1)) == (nil, true))
        // It may be the one who leads the directory: nobody else could tell this node of it.
        #expect(ledger.judge(Self.hello(2, disk: 2)) == (nil, false))
        #expect(ledger.judge(Self.hello(2, disk: 3)).refusal?.hasPrefix(PeerLedger.replaced) == true)
        #expect(ledger.judge(Self.hello(1, disk: 1)) == (nil, false))
        directory.seat(2, disk: 2)
        #expect(ledger.judge(Self.hello(2, disk: 2)) == (nil, true))
        #expect(ledger.judge(Self.hello(1, disk: 1)).refusal?.hasPrefix(PeerLedger.fenced) == true)
    }
}
