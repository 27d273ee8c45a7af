import Cluster
import KeyModel
import Raft
import Wire

/// What happens on a stage, in words that stay the same from run to run.
enum StageText {
    /// `n3`, and `n3.2` for the second incarnation.
    static func name(_ replica: ReplicaID) -> String {
        guard replica != .none else { return "nobody" }
        let incarnation = replica.rawValue & 0xFFFF
        return "n\(replica.rawValue >> 16)" + (incarnation == 1 ? "" : ".\(incarnation)")
    }

    static func names(_ replicas: [ReplicaID]) -> String { "(" + replicas.map(name).joined(separator: " ") + ")" }

    static func position(_ position: LogPosition) -> String { "\(position.term.rawValue)/\(position.index.rawValue)" }

    static func membership(_ membership: Membership) -> String {
        var text = "voters=" + names(membership.voters)
        if membership.isJoint { text += " outgoing=" + names(membership.votersOutgoing) }
        if !membership.learners.isEmpty { text += " learners=" + names(membership.learners) }
        if !membership.learnersNext.isEmpty { text += " learners-next=" + names(membership.learnersNext) }
        return text
    }

    static func status(_ status: GroupStatus) -> String {
        let role = status.isLeader ? "leads" : "follows \(name(status.leader))"
        var text =
            "\(role), term \(status.term.rawValue), commit \(status.commit.rawValue),"
            + " applied \(status.applied.rawValue), last \(status.lastIndex.rawValue),"
            + " \(membership(status.membership))"
        if let stopped = status.stopped { text += "; stopped: \(stopped)" }
        return text
    }

    /// A notice with the group it is about.
    static func notice(_ notice: ShardNotice) -> (group: GroupID, text: String) {
        switch notice {
        case .leaderChanged(let group, let term, let leader):
            (group, "the leader of term \(term.rawValue) is \(name(leader))")
        case .halted(let group, let reason): (group, "stops: \(reason)")
        case .quarantined(let group, let reason): (group, "is quarantined: \(reason)")
        case .snapshotInstalled(let group, let position): (group, "has the snapshot of \(self.position(position))")
        case .steppedAside(let group, let replica, let time):
            (group, "a write takes \(time / 1_000_000) ms here, so \(name(replica)) shall lead")
        case .leaderDied(let group, let replica): (group, "the process of its leader \(name(replica)) died")
        }
    }

    // MARK: Answers

    static func outcome(_ outcome: any Sendable) -> String {
        switch outcome {
        case let bytes as [UInt8]: bytes.isEmpty ? "there was nothing before" : "before \(RaftText.quoted(bytes))"
        case let isAdmitted as Bool: isAdmitted ? "the members change" : "the members stay: the state machine refuses"
        case let outcome as CommandOutcome: self.outcome(outcome)
        case let outcome as DirectoryOutcome: self.outcome(outcome)
        default: "an outcome of an unknown kind"
        }
    }

    private static func outcome(_ outcome: CommandOutcome) -> String {
        switch outcome {
        case .created(let key): "created \(self.key(key))"
        case .updated(let key): "updated \(self.key(key))"
        case .accepted: "accepted"
        case .epoch(let epoch): "epoch \(epoch.number) is \(epoch.state), \(epoch.receipts.count) receipts"
        case .rejected(let code, let message): "refused as \(code.rawValue): \(message)"
        }
    }

    private static func outcome(_ outcome: DirectoryOutcome) -> String {
        switch outcome {
        case .accepted: "accepted"
        case .node(let node): "node \(node.name) is \(name(ReplicaID(node.replica)))"
        case .placement(let placement): "placement \(placement.name) has version \(placement.version)"
        case .group(let group):
            "group \(group.id) version \(group.version) is on \(names(group.replicas.map { ReplicaID($0) }))"
        case .rejected(let code, let message): "refused as \(code.rawValue): \(message)"
        }
    }

    static func key(_ key: Key) -> String {
        "\(key.name) id \(key.id.low) generation \(key.generation) primary \(key.primary) of \(key.versions.count)"
            + (key.isEnabled ? "" : " disabled")
    }

    // MARK: Frames

    static func frame(_ frame: PeerFrame) -> String {
        switch frame {
        case .message(let group, let message): "group \(group.rawValue) \(self.message(message))"
        case .beats(let beats, _, _):
            "one frame of beats: "
                + beats.map { beat in
                    "group \(beat.group.rawValue) \(beat.isResponse ? "answer " : "")term \(beat.term.rawValue)"
                        + (beat.isResponse ? "" : " commit \(beat.commit.rawValue)")
                        + (beat.context.isEmpty ? "" : " with reads")
                }.joined(separator: ", ")
        }
    }

    private static func message(_ message: Message) -> String {
        var text = RaftText.name(message.kind)
        if message.term != .zero { text += " term \(message.term.rawValue)" }
        if message.reject { text += " rejected" }
        switch message.kind {
        case .append:
            text += " after \(message.logTerm.rawValue)/\(message.index.rawValue), commit \(message.commit.rawValue)"
        case .appendResponse: text += " index \(message.index.rawValue)"
        default: break
        }
        if !message.entries.isEmpty { text += ", \(message.entries.count) entries" }
        return text
    }
}
