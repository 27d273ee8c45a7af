import Raft
import Wire

/// Values of every form, used by several suites.
enum Samples {
    static let membership = Membership(
        voters: [ReplicaID(0x1_0001), ReplicaID(0x2_0001), ReplicaID(0x3_0001)], learners: [ReplicaID(0x4_0002)],
        votersOutgoing: [ReplicaID(0x1_0001)], learnersNext: [ReplicaID(0x5_0001)], autoLeave: true)

    static let snapshot = Snapshot(
        metadata: SnapshotMetadata(position: LogPosition(term: Term(4), index: LogIndex(90)), membership: membership),
        data: [1, 2, 3])

    static let append = Message(
        kind: .append, to: ReplicaID(0x2_0001), from: ReplicaID(0x1_0001), term: Term(7), logTerm: Term(6),
        index: LogIndex(41),
        entries: [
            LogEntry(term: Term(6), index: LogIndex(42), payload: [0xAA, 0xBB]),
            LogEntry(term: Term(7), index: LogIndex(43), kind: .configurationChangeV2, payload: []),
        ], commit: LogIndex(40))

    static let hello = PeerHello(
        cluster: [9, 8, 7], replica: ReplicaID(0x1_0001), store: Array(repeating: 5, count: 16), node: "eu-west",
        region: "eu-west-1", protocolRange: 1...2, sealingKey: [1, 2])

    static let beats = PeerFrame.beats(
        [
            Beat(group: GroupID(1), term: Term(3), commit: LogIndex(9), isResponse: false),
            Beat(group: GroupID(2), term: Term(4), commit: LogIndex(8), isResponse: true, context: [1]),
        ], from: ReplicaID(0x1_0001), to: ReplicaID(0x2_0001))

    static let envelopes: [PeerEnvelope] = [
        .opening(hello, purpose: .consensus, process: 0xFFFF_FFFF_FFFF_FFFF), .welcome, .refusal("no"), .goodbye,
        .probe(isAnswer: false), .probe(isAnswer: true), .frame(.message(group: GroupID(3), append)), .frame(beats),
        .frame(
            .message(
                group: GroupID(3),
                Message(
                    kind: .snapshot, to: ReplicaID(0x2_0001), from: ReplicaID(0x1_0001), term: Term(7),
                    snapshot: snapshot))),
        .call(id: 5, service: 7, body: [1, 2, 3]), .answer(id: 5, body: []), .failure(id: 6, reason: "busy"),
    ]

    static func message(_ kind: MessageKind) -> Message {
        Message(
            kind: kind, to: ReplicaID(0x2_0001), from: ReplicaID(0x1_0001), term: Term(7), index: LogIndex(3),
            snapshot: kind == .snapshot ? snapshot : nil, reject: true, rejectHint: LogIndex(2), context: [4])
    }
}

/// A seeded generator (SplitMix64, Steele et al., OOPSLA 2014), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
    }.joined()
}
