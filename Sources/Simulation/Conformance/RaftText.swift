import Raft

/// The values of the consensus core in the words of the scenario files.
enum RaftText {
    // MARK: Configurations

    static func changes(from text: String) throws(ScenarioError) -> [MembershipChange.Change] {
        var changes: [MembershipChange.Change] = []
        for token in text.trimmed.split(separator: " ", omittingEmptySubsequences: text.trimmed.isEmpty) {
            guard token.count >= 2 else { throw ScenarioError("unknown token \(token)") }
            let kind: MembershipChange.Change.Kind
            switch token.first {
            case "v": kind = .addVoter
            case "l": kind = .addLearner
            case "r": kind = .removeReplica
            case "u": kind = .updateReplica
            default: throw ScenarioError("unknown input: \(token)")
            }
            guard let id = UInt64(token.dropFirst()) else { throw ScenarioError("not a number: \(token)") }
            changes.append(MembershipChange.Change(kind, ReplicaID(id)))
        }
        return changes
    }

    static func changes(_ changes: [MembershipChange.Change]) -> String {
        changes.map { change in
            let letter =
                switch change.kind {
                case .addVoter: "v"
                case .addLearner: "l"
                case .removeReplica: "r"
                case .updateReplica: "u"
                }
            return letter + String(change.replica.rawValue)
        }.joined(separator: " ")
    }

    /// A configuration as one line.
    static func membership(_ membership: Membership) -> String {
        func set(_ replicas: [ReplicaID]) -> String { "(" + replicas.map(hex).joined(separator: " ") + ")" }
        var text = "voters=" + set(membership.voters)
        if membership.isJoint { text += "&&" + set(membership.votersOutgoing) }
        if !membership.learners.isEmpty { text += " learners=" + set(membership.learners) }
        if !membership.learnersNext.isEmpty { text += " learners_next=" + set(membership.learnersNext) }
        if membership.autoLeave { text += " autoleave" }
        return text
    }

    /// A configuration as it stands in a snapshot.
    private static func snapshotMembership(_ membership: Membership) -> String {
        "Voters:\(list(membership.voters)) VotersOutgoing:\(list(membership.votersOutgoing))"
            + " Learners:\(list(membership.learners)) LearnersNext:\(list(membership.learnersNext))"
            + " AutoLeave:\(membership.autoLeave)"
    }

    static func snapshot(_ snapshot: Snapshot) -> String {
        let position = snapshot.metadata.position
        return "Index:\(position.index.rawValue) Term:\(position.term.rawValue)"
            + " ConfState:\(snapshotMembership(snapshot.metadata.membership))"
    }

    // MARK: Status

    /// A line for each replica.
    static func progress(_ rows: [ProgressStatus]) -> String {
        rows.map { row in
            var text =
                "\(row.replica.rawValue): \(name(row.state)) match=\(row.match.rawValue) next=\(row.next.rawValue)"
            if row.isLearner { text += " learner" }
            if row.isPaused { text += " paused" }
            if row.pendingSnapshot > .zero { text += " pendingSnap=\(row.pendingSnapshot.rawValue)" }
            if !row.recentActive { text += " inactive" }
            if row.inflightMessages > 0 {
                text += " inflight=\(row.inflightMessages)" + (row.inflightIsFull ? "[full]" : "")
            }
            return text + "\n"
        }.joined()
    }

    static func name(_ role: Role) -> String {
        switch role {
        case .follower: "StateFollower"
        case .candidate: "StateCandidate"
        case .leader: "StateLeader"
        case .preCandidate: "StatePreCandidate"
        }
    }

    private static func name(_ state: ReplicationState) -> String {
        switch state {
        case .probe: "StateProbe"
        case .replicate: "StateReplicate"
        case .snapshot: "StateSnapshot"
        }
    }

    // MARK: Small values

    static func hex(_ replica: ReplicaID) -> String { String(replica.rawValue, radix: 16) }

    private static func list(_ replicas: [ReplicaID]) -> String {
        "[" + replicas.map { String($0.rawValue) }.joined(separator: " ") + "]"
    }

    /// Bytes as a quoted string with escapes for what is not printable ASCII.
    static func quoted(_ bytes: [UInt8]) -> String {
        var text = "\""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""): text += "\\\""
            case UInt8(ascii: "\\"): text += "\\\\"
            case UInt8(ascii: "\n"): text += "\\n"
            case UInt8(ascii: "\t"): text += "\\t"
            case UInt8(ascii: "\r"): text += "\\r"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text + "\""
    }
}
