package import Raft

/// What a connection between two nodes is for.
package enum ConnectionPurpose: UInt32, Hashable, Sendable {
    case consensus = 1
    /// Service calls, apart from consensus so that neither delays the other.
    case bulk = 2
}

/// One length-prefixed frame of a connection.
package enum PeerEnvelope: Hashable, Sendable {
    /// First, from the dialer; the acceptor answers with its own when it agrees. `process` is drawn once per process.
    case opening(PeerHello, purpose: ConnectionPurpose, process: UInt64)
    /// The dialer agrees with the acceptor's opening: the connection is up.
    case welcome
    /// The last frame: why the sender ends the connection.
    case refusal(String)
    /// The last frame of an orderly end.
    case goodbye
    /// Is the other end still there? Answered by one with `isAnswer`.
    case probe(isAnswer: Bool)
    case frame(PeerFrame)
    case call(id: UInt64, service: UInt16, body: [UInt8])
    case answer(id: UInt64, body: [UInt8])
    case failure(id: UInt64, reason: String)
}

extension PeerFrame {
    /// Who sent it, as the frame says.
    package var from: ReplicaID {
        switch self {
        case .message(_, let message): message.from
        case .beats(_, let from, _): from
        }
    }

    /// Whom it is for, as the frame says.
    package var to: ReplicaID {
        switch self {
        case .message(_, let message): message.to
        case .beats(_, _, let to): to
        }
    }

    /// An upper estimate of the encoded size in bytes, for bounding queues without encoding.
    package var estimatedBytes: Int {
        switch self {
        case .message(_, let message):
            var total = 160 + message.context.count
            if let snapshot = message.snapshot {
                let members = snapshot.metadata.membership
                let lists = [members.voters, members.learners, members.votersOutgoing, members.learnersNext]
                total += 128 + snapshot.data.count + lists.reduce(0) { $0 + 10 * $1.count }
            }
            for entry in message.entries { total += entry.payload.count + 32 }
            return total
        case .beats(let beats, _, _):
            return beats.reduce(64) { $0 + 48 + $1.context.count }
        }
    }
}
