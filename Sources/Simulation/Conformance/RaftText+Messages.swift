import Raft

extension RaftText {
    static func ready(_ ready: Ready) -> String {
        var text = ""
        if let state = ready.softState {
            text += "Lead:\(state.leader.rawValue) State:\(name(state.role))\n"
        }
        if let state = ready.hardState { text += "HardState \(hardState(state))\n" }
        if !ready.readStates.isEmpty {
            let states = ready.readStates.map { state in
                "{\(state.index.rawValue) [" + state.context.map { String($0) }.joined(separator: " ") + "]}"
            }
            text += "ReadStates [" + states.joined(separator: " ") + "]\n"
        }
        if !ready.entries.isEmpty { text += "Entries:\n" + entries(ready.entries) }
        if let snapshot = ready.snapshot { text += "Snapshot \(self.snapshot(snapshot))\n" }
        if !ready.committedEntries.isEmpty { text += "CommittedEntries:\n" + entries(ready.committedEntries) }
        if !ready.messages.isEmpty {
            text += "Messages:\n" + ready.messages.map { message($0) + "\n" }.joined()
        }
        return text.isEmpty ? "<empty Ready>" : "Ready MustSync=\(ready.mustSync):\n" + text
    }

    private static func hardState(_ state: HardState) -> String {
        "Term:\(state.term.rawValue)" + (state.vote == .none ? "" : " Vote:\(state.vote.rawValue)")
            + " Commit:\(state.commit.rawValue)"
    }

    /// A line for each entry.
    static func entries(_ entries: [LogEntry]) -> String { entries.map { entry($0) + "\n" }.joined() }

    private static func entry(_ entry: LogEntry) -> String {
        let kind: String
        var content: String
        switch entry.kind {
        case .normal:
            (kind, content) = ("EntryNormal", quoted(entry.payload))
        case .configurationChange, .configurationChangeV2:
            kind = entry.kind == .configurationChange ? "EntryConfChange" : "EntryConfChangeV2"
            do { content = changes(try MembershipChange(decoding: entry.payload).changes) } catch {
                content = "\(error)"
            }
        }
        if !content.isEmpty { content = " " + content }
        return "\(entry.term.rawValue)/\(entry.index.rawValue) \(kind)\(content)"
    }

    static func message(_ message: Message, indent: String = "") -> String {
        var text = "\(indent)\(party(message.from))->\(party(message.to)) \(name(message.kind))"
        text += " Term:\(message.term.rawValue) Log:\(message.logTerm.rawValue)/\(message.index.rawValue)"
        if message.reject { text += " Rejected (Hint: \(message.rejectHint.rawValue))" }
        if message.commit != .zero { text += " Commit:\(message.commit.rawValue)" }
        if message.vote != .none { text += " Vote:\(message.vote.rawValue)" }
        if message.entries.count == 1 {
            text += " Entries:[\(entry(message.entries[0]))]"
        } else if message.entries.count > 1 {
            text += " Entries:[" + message.entries.map { "\n\(indent)  \(entry($0))" }.joined() + "\n\(indent)]"
        }
        if let snapshot = message.snapshot, !snapshot.isEmpty {
            text += "\n\(indent)  Snapshot: \(self.snapshot(snapshot))"
        }
        if !message.responses.isEmpty {
            let responses = message.responses.map { "\n" + self.message($0, indent: indent + "  ") }
            text += " Responses:[" + responses.joined() + "\n\(indent)]"
        }
        return text
    }

    private static func party(_ replica: ReplicaID) -> String {
        switch replica {
        case .none: "None"
        case .appendThread: "AppendThread"
        case .applyThread: "ApplyThread"
        default: hex(replica)
        }
    }

    static func name(_ kind: MessageKind) -> String {
        switch kind {
        case .hup: "MsgHup"
        case .beat: "MsgBeat"
        case .propose: "MsgProp"
        case .append: "MsgApp"
        case .appendResponse: "MsgAppResp"
        case .vote: "MsgVote"
        case .voteResponse: "MsgVoteResp"
        case .snapshot: "MsgSnap"
        case .heartbeat: "MsgHeartbeat"
        case .heartbeatResponse: "MsgHeartbeatResp"
        case .unreachable: "MsgUnreachable"
        case .snapshotStatus: "MsgSnapStatus"
        case .checkQuorum: "MsgCheckQuorum"
        case .transferLeader: "MsgTransferLeader"
        case .timeoutNow: "MsgTimeoutNow"
        case .readIndex: "MsgReadIndex"
        case .readIndexResponse: "MsgReadIndexResp"
        case .preVote: "MsgPreVote"
        case .preVoteResponse: "MsgPreVoteResp"
        case .storageAppend: "MsgStorageAppend"
        case .storageAppendResponse: "MsgStorageAppendResp"
        case .storageApply: "MsgStorageApply"
        case .storageApplyResponse: "MsgStorageApplyResp"
        case .forgetLeader: "MsgForgetLeader"
        }
    }

    static func text(of rejection: StepRejection) -> String {
        switch rejection {
        case .localMessage: "raft: cannot step raft local message"
        case .unknownPeer: "raft: cannot step as peer not found"
        case .proposal(let rejection): text(of: rejection)
        case .malformed, .commitBeyondLog, .contradictsCommitted: "raft: rejected message (\(rejection))"
        }
    }

    static func text(of rejection: ProposalRejection) -> String { "raft proposal dropped" }
}
