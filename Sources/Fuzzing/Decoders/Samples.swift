import Raft
import Storage

/// Values of the consensus formats, as running nodes make them.
enum ConsensusSamples {
    static let (one, two) = (ReplicaID(0x1_0001), ReplicaID(0x2_0001))
    static let hash = (0..<16).map { UInt8($0) }

    static let membership = Membership(
        voters: [one, two, ReplicaID(0x3_0001)], learners: [ReplicaID(0x4_0002)],
        votersOutgoing: [one], learnersNext: [ReplicaID(0x5_0001)], autoLeave: true)

    static let snapshot = Snapshot(
        metadata: SnapshotMetadata(position: LogPosition(term: Term(4), index: LogIndex(90)), membership: membership),
        data: [1, 2, 3])

    static let entries = [
        LogEntry(term: Term(6), index: LogIndex(42), payload: [0xAA, 0xBB]),
        LogEntry(term: Term(7), index: LogIndex(43)),
        LogEntry(
            term: Term(7), index: LogIndex(44), kind: .configurationChangeV2,
            payload: MembershipChange(changes: [.init(.addLearner, ReplicaID(0x6_0001))]).encoded()),
    ]

    static let append = Message(
        kind: .append, to: two, from: one, term: Term(7), logTerm: Term(6), index: LogIndex(41), entries: entries,
        commit: LogIndex(40))

    static let changes: [MembershipChange] = [
        .leaveJoint, MembershipChange(single: .init(.addVoter, one), context: [9]),
        MembershipChange(
            transition: .jointExplicit, changes: [.init(.addVoter, one), .init(.removeReplica, two)], context: [1, 2]),
        MembershipChange(changes: [.init(.addLearner, one), .init(.updateReplica, .none)]),
    ]

    /// One of every kind that crosses the network.
    static var messages: [Message] {
        let kinds: [MessageKind] = [
            .propose, .appendResponse, .vote, .voteResponse, .heartbeat, .heartbeatResponse, .transferLeader,
            .timeoutNow, .readIndex, .readIndexResponse, .preVote, .preVoteResponse,
        ]
        let plain = kinds.map {
            Message(
                kind: $0, to: two, from: one, term: Term(7), index: LogIndex(3), reject: true, rejectHint: LogIndex(2),
                context: [4])
        }
        return plain + [append, Message(kind: .snapshot, to: two, from: one, term: Term(7), snapshot: snapshot)]
    }

    /// A group's rows as a snapshot's stream.
    static let rows: [TableRow] = [
        TableRow(key: [1], value: []), TableRow(key: [1, 0], value: [7, 7]),
        TableRow(key: [2], value: [UInt8](repeating: 3, count: 40)),
    ]

    static let descriptor = SnapshotDescriptor(
        metadata: snapshot.metadata, identifier: hash, totalBytes: 60, totalRows: 3, checksum: hash + hash)
}
