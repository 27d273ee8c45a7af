import Cluster
import Raft
import Storage
import Wire

/// What consensus reads: from other nodes and out of the log.
enum ConsensusDecoders {
    static let all = [envelope, entry, snapshot, membershipChange, proposal, offer, chunk]

    private static let envelope = FuzzedDecoder(
        "peer-frame", from: "another node", shape: .protobuf, isCanonical: false,
        seeds: {
            let (one, two) = (ConsensusSamples.one, ConsensusSamples.two)
            let hello = PeerHello(
                cluster: [9, 8, 7], replica: one, store: ConsensusSamples.hash, node: "eu-west", region: "eu-west-1",
                protocolRange: 1...2, sealingKey: [1, 2])
            let beats = [
                Beat(group: GroupID(1), term: Term(3), commit: LogIndex(9), isResponse: false),
                Beat(group: GroupID(2), term: Term(4), commit: LogIndex(8), isResponse: true, context: [1]),
            ]
            let envelopes: [PeerEnvelope] =
                [
                    .opening(hello, purpose: .consensus, process: .max), .welcome, .refusal("no"), .goodbye,
                    .probe(isAnswer: false), .probe(isAnswer: true), .frame(.beats(beats, from: one, to: two)),
                    .call(id: 5, service: 7, body: [1, 2, 3]), .answer(id: 5, body: []),
                    .failure(id: 6, reason: "busy"),
                ] + ConsensusSamples.messages.map { .frame(.message(group: GroupID(3), $0)) }
            return try envelopes.map { try $0.wireBytes() }
        }, decode: { try PeerEnvelope(wireBytes: $0) }, encode: { try $0.wireBytes() },
        and: { envelope in
            guard case .frame(let frame) = envelope else { return }
            let bytes = try FuzzedDecoder.proven("a frame cannot be sent on") { try frame.wireBytes() }
            guard bytes.count <= frame.estimatedBytes else {
                throw FuzzFinding("a frame of \(bytes.count) bytes is estimated at \(frame.estimatedBytes)")
            }
        })

    private static let entry = FuzzedDecoder(
        "log-entry", from: "another node", shape: .protobuf, isCanonical: false,
        seeds: { try ConsensusSamples.entries.map { try $0.wireBytes() } }, decode: { try LogEntry(wireBytes: $0) },
        encode: { try $0.wireBytes() })

    private static let snapshot = FuzzedDecoder(
        "snapshot", from: "another node", shape: .protobuf, isCanonical: false,
        seeds: { [try ConsensusSamples.snapshot.wireBytes(), try Snapshot().wireBytes()] },
        decode: { try Snapshot(wireBytes: $0) }, encode: { try $0.wireBytes() })

    private static let membershipChange = FuzzedDecoder(
        "membership-change", from: "the log", isCanonical: true,
        seeds: { ConsensusSamples.changes.map { $0.encoded() } }, decode: { try MembershipChange(decoding: $0) },
        encode: { $0.encoded() })

    private struct Proposal: Equatable {
        var envelope: ProposalEnvelope
        var body: [UInt8]
    }

    private static let proposal = FuzzedDecoder(
        "proposal", from: "the log", isCanonical: true,
        seeds: {
            [ProposalEnvelope.Kind.command, .digestMark, .digestVerify].map {
                ProposalEnvelope(kind: $0, replica: ConsensusSamples.one, session: 77, sequence: 3)
                    .encoded(body: ConsensusSamples.hash)
            }
        },
        decode: { ProposalEnvelope.decode($0).map { Proposal(envelope: $0.envelope, body: Array($0.body)) } },
        encode: { $0.envelope.encoded(body: $0.body) })

    private static func makeOffer() -> SnapshotOffer {
        SnapshotOffer(
            group: GroupID(3), from: ConsensusSamples.one, to: ConsensusSamples.two, term: Term(7),
            descriptor: ConsensusSamples.descriptor)
    }

    private static let offer = FuzzedDecoder(
        "snapshot-offer", from: "another node", isCanonical: true, seeds: { [try makeOffer().encoded()] },
        decode: { try SnapshotOffer(decoding: $0) }, encode: { try $0.encoded() },
        and: { offer in
            // Consensus gets the metadata in a message of its own; what an offer lets through, a message must too.
            let snapshot = Snapshot(metadata: offer.descriptor.metadata)
            let message = Message(kind: .snapshot, to: offer.to, from: offer.from, term: offer.term, snapshot: snapshot)
            _ = try FuzzedDecoder.proven("the offer is no message") { try message.wireBytes() }
        })

    private struct Chunk: Equatable {
        var offer: SnapshotOffer
        var chunk: SnapshotChunk
    }

    private static let chunk = FuzzedDecoder(
        "snapshot-chunk", from: "another node", isCanonical: true,
        seeds: {
            let offer = try makeOffer().encoded()
            return [true, false].map {
                SnapshotWire.encode(
                    offer: offer, chunk: SnapshotChunk(sequence: 1, isLast: $0, bytes: [1, 2, 3], crc: 0x0102_0304))
            }
        },
        decode: {
            let (offer, chunk) = try SnapshotWire.decodeChunk($0)
            return Chunk(offer: offer, chunk: chunk)
        }, encode: { SnapshotWire.encode(offer: try $0.offer.encoded(), chunk: $0.chunk) })
}
