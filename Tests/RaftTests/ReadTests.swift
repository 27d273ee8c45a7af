import Raft
import Testing

@Suite("Linearizable reads")
struct ReadTests {
    @Test("A read at any replica covers everything acknowledged before", arguments: [1, 2, 3] as [UInt64])
    func readsCoverWrites(replica: UInt64) throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        try group[1].core.propose([1])
        group.settle()
        group[replica].core.readIndex(context: [7])
        group.settle()
        #expect(group[replica].reads == [ReadState(index: group[1].core.commitIndex, context: [7])])
    }

    @Test("A leader that was cut off answers no read")
    func isolatedLeaderIsSilent() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group[1].isCut = true
        group[1].core.readIndex(context: [7])
        group.settle()
        group.tick(1, times: 5)
        group.settle()
        #expect(group[1].reads.isEmpty)
    }

    @Test("A lost round of heartbeats is made good by the next one")
    func lostRoundIsRepeated() {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group.passes = { $0.kind != .heartbeat }
        group[1].core.readIndex(context: [1])
        group.settle()
        group[1].core.readIndex(context: [2])
        group.settle()
        #expect(group[1].reads.isEmpty)
        group.passes = { _ in true }
        group.tick(1)
        group.settle()
        #expect(group[1].reads.map(\.context) == [[1], [2]])
    }

    @Test("A late answer confirms no read that began after its heartbeat")
    func lateAnswersConfirmNothingNew() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        var late: [Message] = []
        group[1].core.readIndex(context: [1])
        late = group[1].core.ready().messages.filter { $0.kind == .heartbeat }
        #expect(late.count == 2)
        group[2].isCut = true
        group[3].isCut = true
        let answer = Message(
            kind: .heartbeatResponse, to: ReplicaID(1), from: ReplicaID(2), term: group[1].core.term,
            context: late[0].context)
        group[1].core.advance(Ready())
        group[1].core.readIndex(context: [2])
        try group[1].core.step(answer)
        group.settle()
        #expect(group[1].reads.map(\.context) == [[1]])
    }

    @Test("A context that was never sent confirms nothing")
    func forgedContext() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group[1].isCut = true
        group[1].core.readIndex(context: [1])
        group.settle()
        for context in [[UInt8](repeating: 255, count: 8), [1], [0, 0, 0, 0, 0, 0, 0, 9]] {
            try group[1].core.step(
                Message(
                    kind: .heartbeatResponse, to: ReplicaID(1), from: ReplicaID(2), term: group[1].core.term,
                    context: context))
            group.settle()
        }
        #expect(group[1].reads.isEmpty)
    }

    @Test("A read that waits is answered as soon as a smaller quorum has confirmed it")
    func smallerQuorumConfirms() throws {
        var group = TestGroup(voters: 4)
        group.elect(1)
        group.passes = { $0.kind != .heartbeat || $0.to == ReplicaID(2) }
        group[1].core.readIndex(context: [1])
        group.settle()
        #expect(group[1].reads.isEmpty)
        // No further heartbeat: what 2 has confirmed is enough among three.
        try group[1].core.propose(MembershipChange(changes: [.init(.removeReplica, ReplicaID(4))]))
        group.settle()
        #expect(group[1].core.membership.voters.count == 3)
        #expect(group[1].reads.map(\.context) == [[1]])
    }

    @Test("A new leader postpones 4096 reads at most, and the others can be asked again")
    func postponedReadsAreBounded() {
        var group = TestGroup(voters: 3)
        group.elect(2)
        for id in [1, 3] as [UInt64] { group[id].core.forgetLeader() }
        group.passes = { $0.kind != .appendResponse }
        group.elect(1)
        #expect(group[1].core.role == .leader && !group[1].core.hasCommittedInTerm)
        let contexts = (0..<5000).map { [UInt8($0 >> 8), UInt8($0 & 255)] }
        for context in contexts { group[1].core.readIndex(context: context) }
        group.settle()
        #expect(group[1].reads.isEmpty)
        group.passes = { _ in true }
        group.pass(ticks: 2)
        #expect(group[1].reads.count == 4096 && group[1].reads.last?.context == contexts[4095])
        for context in contexts[4096...] { group[1].core.readIndex(context: context) }
        group.settle()
        #expect(group[1].reads.count == 5000 && group[1].reads.last?.context == contexts[4999])
    }

    @Test("A new leader postpones reads until it has committed in its term", arguments: [1, 3])
    func newLeaderPostpones(voters: Int) {
        var group = TestGroup(voters: voters)
        var isHeld = true
        group.elect(1)
        group.restart(1)
        // The restarted leader wins again, but its first entry is not on a quorum yet.
        if voters > 1 {
            group.passes = { !isHeld || $0.kind != .appendResponse }
            group.pass(ticks: 60)
        } else {
            group[1].core.campaign()
            for _ in 0..<2 {
                let ready = group[1].core.ready()
                group[1].core.advance(ready)
            }
        }
        let leader = group.leader ?? 0
        #expect(group[leader].core.role == .leader)
        #expect(!group[leader].core.hasCommittedInTerm)
        group[leader].core.readIndex(context: [5])
        if voters > 1 { group.settle() }
        #expect(group[leader].reads.isEmpty)
        isHeld = false
        group.passes = { _ in true }
        group.pass(ticks: 3)
        #expect(group[leader].reads.map(\.context) == [[5]])
        #expect(group[leader].reads.map(\.index) == [group[leader].core.commitIndex])
    }
}
