import Cluster
import Peering
import Raft
import Storage
import Synchronization
import Testing
import Wire

/// A network that writes down who was called, and answers nobody.
private final class DeafNetwork: PeerNetwork {
    private let state = Mutex<[ReplicaID]>([])
    var called: [ReplicaID] { state.withLock { $0 } }

    func send(_ frames: [PeerFrame], to peer: ReplicaID) {}
    func isConnected(to peer: ReplicaID) -> Bool { true }
    func call(_ service: PeerService, on peer: ReplicaID, body: [UInt8], timeout: Duration) async throws(PeeringError)
        -> [UInt8]
    {
        state.withLock { $0.append(peer) }
        throw .notConnected
    }
    func serve(_ service: PeerService, _ handler: @escaping @Sendable (PeerIdentity, [UInt8]) async throws -> [UInt8]) {
    }
}

private final class EuropeOnly: GroupGuard {
    func maySend(_ group: GroupID, toRegion region: String) -> Bool { region == "eu" }
    func mayReceive(_ group: GroupID, fromRegion region: String) -> Bool { region == "eu" }
}

/// The sender's own look at the placement. Frames are held back before it: whoever asks for a snapshot came past them.
@Suite("Snapshots leave for nobody outside of a placement")
struct SnapshotSenderTests {
    private let group = GroupID(5)

    private func dispatch(to replica: ReplicaID) throws -> SnapshotDispatch {
        let store = InMemoryStore()
        try store.createGroup(
            group, membership: Membership(voters: [ReplicaID(1 << 16 | 1)]),
            at: LogPosition(term: Term(1), index: LogIndex(5)), label: [])
        let source = try store.snapshot(of: group)
        let offer = SnapshotOffer(
            group: group, from: ReplicaID(1 << 16 | 1), to: replica, term: Term(1), descriptor: source.descriptor)
        return SnapshotDispatch(offer: offer, to: replica, source: source)
    }

    @Test("Neither offer nor chunk goes to a region that may not hold the group", arguments: ["eu", "us"])
    func region(_ region: String) async throws {
        let network = DeafNetwork()
        let gate = GroupGate()
        gate.setRule(EuropeOnly())
        let replica = ReplicaID(2 << 16 | 1)
        gate.connected(PeerIdentity(name: "n2", region: region, replica: replica))
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let sender = SnapshotSender(network: network, gate: gate) { event in
            if case .snapshotSent(_, let to, let succeeded) = event, to == replica { end.yield(succeeded) }
        }
        sender.send(try dispatch(to: replica))
        var results = ends.makeAsyncIterator()
        #expect(await results.next() == false, "the network answers nobody")
        #expect(network.called == (region == "eu" ? [replica] : []))
    }
}
