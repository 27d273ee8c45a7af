import Raft
import Wire

/// Malformed input for the port between nodes, most of it from a node that was captured: its certificate is good and
/// its hello is right, what follows is not.
struct PeerVolleys: Sendable {
    /// The captured node.
    let hello: PeerHello
    let target: ReplicaID
    /// Groups of placements that the captured node may not hold.
    let foreignGroups: [GroupID]

    func all() throws -> [VolleyKind] {
        let opening = Self.framed(try openingBytes(.consensus, process: 1))
        return StreamVolleys.plain(opening: opening, noise: 0.2)
            + StreamVolleys.tls(opening: opening, as: .node, share: 0.25)
            + (try beforeTheHello(opening)) + (try afterTheHello())
    }

    // MARK: Before the hello is accepted

    private func beforeTheHello(_ opening: [UInt8]) throws -> [VolleyKind] {
        let early = Self.framed(
            try PeerEnvelope.frame(.beats([], from: hello.replica, to: target)).wireBytes())
        let welcome = Self.framed(try PeerEnvelope.welcome.wireBytes())
        let hello = Array(opening.dropFirst(4))
        return [
            VolleyKind("a workload's certificate", 0.03) { _ in
                Volley(entry: .tls(.workload), bytes: opening, ending: .server)
            },
            VolleyKind("wrong lengths", 0.06) { chance in
                let length = UInt32(truncatingIfNeeded: chance.integer()) | (chance.byte() < 128 ? 0x0010_0001 : 0)
                return Volley(
                    entry: .tls(.node), bytes: HTTP2Bytes.bigEndian(length) + chance.bytes(0...200),
                    ending: .leave(after: 20))
            },
            VolleyKind("a changed hello", 0.07) { chance in
                Volley(
                    entry: .tls(.node), bytes: Self.framed(chance.mutated(hello)), ending: .leave(after: 20))
            },
            VolleyKind("a hello that is no hello", 0.04) { chance in
                Volley(
                    entry: .tls(.node), bytes: Self.framed(ProtobufBytes.wrong(&chance)), ending: .leave(after: 20))
            },
            VolleyKind("frames out of order", 0.04) { chance in
                let bytes = chance.one(of: [early, welcome, opening + opening, welcome + opening], else: early)
                return Volley(entry: .tls(.node), bytes: bytes, ending: .server)
            },
            VolleyKind("half a hello", 0.03) { chance in
                let bytes = Array(opening.prefix(chance.number(1...opening.count - 1)))
                return Volley(entry: .tls(.node), bytes: bytes, ending: .reset(after: chance.number(0...10)))
            },
        ]
    }

    // MARK: In a session

    private func afterTheHello() throws -> [VolleyKind] {
        let goodbye = Self.framed(try PeerEnvelope.goodbye.wireBytes())
        let probe = Self.framed(try PeerEnvelope.probe(isAnswer: false).wireBytes())
        return [
            VolleyKind("changed frames in a session", 0.06) { chance in
                let frame = self.foreign(&chance)
                return Volley(
                    entry: .tls(.node), bytes: self.session(.consensus, &chance) + Self.framed(chance.mutated(frame)),
                    ending: .leave(after: 20))
            },
            VolleyKind("wrong protobuf in a session", 0.04) { chance in
                Volley(
                    entry: .tls(.node),
                    bytes: self.session(.consensus, &chance) + Self.framed(ProtobufBytes.wrong(&chance)),
                    ending: .leave(after: 20))
            },
            VolleyKind("frames for others and for groups of others", 0.12) { chance in
                let frames = (0..<64).flatMap { _ in Self.framed(self.foreign(&chance)) }
                return Volley(
                    entry: .tls(.node), bytes: self.session(.consensus, &chance) + frames + goodbye, inputs: 64,
                    ending: .server)
            },
            VolleyKind("calls with wrong bodies", 0.12) { chance in
                let calls = (0..<64).flatMap { Self.framed(self.call(UInt64($0), &chance)) }
                return Volley(
                    entry: .tls(.node), bytes: self.session(.bulk, &chance) + calls, inputs: 64,
                    ending: .leave(after: 60))
            },
            VolleyKind("probes whose answers nobody reads", 0.04) { chance in
                Volley(
                    entry: .tls(.node),
                    bytes: self.session(.consensus, &chance) + (0..<20_000).flatMap { _ in probe }, inputs: 50,
                    ending: .deaf(for: 400))
            },
        ]
    }

    /// What brings a session up, as far as the captured node has to say something.
    private func session(_ purpose: ConnectionPurpose, _ chance: inout Chance) -> [UInt8] {
        guard let opening = try? openingBytes(purpose, process: chance.next() | 1),
            let welcome = try? PeerEnvelope.welcome.wireBytes()
        else { return [] }
        return Self.framed(opening) + Self.framed(welcome)
    }

    private func openingBytes(_ purpose: ConnectionPurpose, process: UInt64) throws -> [UInt8] {
        try PeerEnvelope.opening(hello, purpose: purpose, process: process).wireBytes()
    }

    /// A well-formed message that must have no effect: of a group where the sender has no place, of a group that is
    /// not, from somebody else, or for somebody else. The numbers in it are the worst that the format takes.
    private func foreign(_ chance: inout Chance) -> [UInt8] {
        let kinds: [MessageKind] = [
            .append, .appendResponse, .vote, .voteResponse, .heartbeat, .heartbeatResponse, .timeoutNow, .readIndex,
            .preVote, .preVoteResponse, .propose, .transferLeader, .snapshot,
        ]
        let isOurs = chance.number(0...3) > 0
        let group: GroupID =
            isOurs ? chance.one(of: foreignGroups, else: GroupID(77)) : GroupID((chance.next() >> 3) | 0x1_0000)
        let most = WireLimits.largestCounter
        var message = Message(
            kind: chance.one(of: kinds, else: .append), to: target, from: hello.replica,
            term: Term(min(most, chance.integer())), logTerm: Term(min(most, chance.integer())),
            index: LogIndex(min(most, chance.integer())), commit: LogIndex(min(most, chance.integer())),
            vote: ReplicaID(min(most, chance.integer())), reject: chance.byte() < 128,
            rejectHint: LogIndex(min(most, chance.integer())), context: chance.bytes(0...40))
        if chance.number(0...4) == 0 { message.from = ReplicaID(UInt64(chance.number(1...5)) << 16 | 1) }
        if chance.number(0...4) == 0 { message.to = ReplicaID(UInt64(chance.number(1...5)) << 16 | 2) }
        if chance.number(0...3) == 0 {
            let beats = (0..<chance.number(1...40)).map { _ in
                Beat(
                    group: group, term: Term(min(most, chance.integer())),
                    commit: LogIndex(min(most, chance.integer())), isResponse: chance.byte() < 128)
            }
            return (try? PeerEnvelope.frame(.beats(beats, from: message.from, to: message.to)).wireBytes()) ?? []
        }
        return (try? PeerEnvelope.frame(.message(group: group, message)).wireBytes()) ?? []
    }

    /// A call of a known or unknown service with a body that is not one.
    private func call(_ id: UInt64, _ chance: inout Chance) -> [UInt8] {
        let service = chance.one(of: [1, 2, 16, 17, 18, UInt16(truncatingIfNeeded: chance.next())], else: 1)
        let size = chance.number(0...20) == 0 ? 60_000 : 200
        let body = chance.byte() < 128 ? chance.bytes(0...size) : ProtobufBytes.wrong(&chance)
        return (try? PeerEnvelope.call(id: id, service: service, body: body).wireBytes()) ?? []
    }

    private static func framed(_ bytes: [UInt8]) -> [UInt8] {
        HTTP2Bytes.bigEndian(UInt32(truncatingIfNeeded: bytes.count)) + bytes
    }
}
