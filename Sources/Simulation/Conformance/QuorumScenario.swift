import Raft

/// Commands `committed` and `vote`: what a majority or joint quorum decides, given acknowledged indices or votes.
struct QuorumScenario: ScenarioInterpreter {
    let printsLogLines = false

    mutating func run(_ directive: ScenarioDirective) -> String {
        do { return try decide(directive) } catch { return error.text }
    }

    private func decide(_ directive: ScenarioDirective) throws(ScenarioError) -> String {
        let incoming = MajorityQuorum(try replicas(directive.values(of: "cfg")))
        let outgoingValues = directive.values(of: "cfgj")
        let outgoing = MajorityQuorum(outgoingValues == ["zero"] ? [] : try replicas(outgoingValues))
        let isJoint = !outgoingValues.isEmpty
        var voters: [ReplicaID] = []
        for voter in incoming.voters + outgoing.voters where !voters.contains(voter) { voters.append(voter) }

        switch directive.command {
        case "committed":
            let values = try directive.values(of: "idx").map { value throws(ScenarioError) in
                value == "_" ? 0 : try number(value)
            }
            guard values.count == voters.count else { throw mismatch(voters, values) }
            let known = zip(voters, values).filter { $0.1 != 0 }
            return committed(incoming, isJoint ? outgoing : nil, union: voters.sorted()) { replica in
                known.first { $0.0 == replica }?.1
            }
        case "vote":
            let votes = try directive.values(of: "votes").map { value throws(ScenarioError) in try vote(value) }
            guard votes.count == voters.count else {
                throw mismatch(voters, votes.map { $0.map { $0 ? 2 : 1 } ?? 0 })
            }
            let cast = Array(zip(voters, votes))
            return outcome(incoming, isJoint ? outgoing : nil) { replica in cast.first { $0.0 == replica }?.1 }
        default: throw ScenarioError("unknown command: \(directive.command)")
        }
    }

    private func committed(
        _ incoming: MajorityQuorum, _ outgoing: MajorityQuorum?, union: [ReplicaID],
        _ acknowledged: (ReplicaID) -> UInt64?
    ) -> String {
        var text = describe(union, acknowledged)
        func check(_ other: UInt64, _ index: UInt64, _ name: String) {
            if other != index { text += "\(digits(other)) <-- via \(name)\n" }
        }
        let joint = JointQuorum(incoming: incoming, outgoing: outgoing ?? MajorityQuorum([]))
        let index = outgoing == nil ? incoming.agreed(acknowledged) : joint.agreed(acknowledged)
        if let outgoing {
            check(JointQuorum(incoming: outgoing, outgoing: incoming).agreed(acknowledged), index, "symmetry")
        } else {
            check(byDefinition(incoming, acknowledged), index, "alternative computation")
            check(joint.agreed(acknowledged), index, "zero-joint quorum")
            check(JointQuorum(incoming: incoming, outgoing: incoming).agreed(acknowledged), index, "self-joint quorum")
            for voter in incoming.voters {
                guard let own = acknowledged(voter), own < index else { continue }
                for lower in [own - 1, 0] {
                    let changed = incoming.agreed { $0 == voter ? lower : acknowledged($0) }
                    if changed != index { text += "\(digits(changed)) <-- overlaying \(voter.rawValue)->\(lower)" }
                }
            }
        }
        return text + digits(index) + "\n"
    }

    /// The highest acknowledged value that more than half have reached, found by trying them all.
    private func byDefinition(_ quorum: MajorityQuorum, _ acknowledged: (ReplicaID) -> UInt64?) -> UInt64 {
        if quorum.voters.isEmpty { return .max }
        let values = quorum.voters.compactMap(acknowledged)
        return values.filter { value in values.count { $0 >= value } * 2 > quorum.voters.count }.max() ?? 0
    }

    private func outcome(
        _ incoming: MajorityQuorum, _ outgoing: MajorityQuorum?, _ vote: (ReplicaID) -> Bool?
    ) -> String {
        guard let outgoing else { return name(incoming.outcome(vote)) + "\n" }
        let result = JointQuorum(incoming: incoming, outgoing: outgoing).outcome(vote)
        let swapped = JointQuorum(incoming: outgoing, outgoing: incoming).outcome(vote)
        return (swapped == result ? "" : "\(name(swapped)) <-- via symmetry\n") + name(result) + "\n"
    }

    // MARK: Text

    /// A bar for each voter: as long as the number of voters that are behind it.
    private func describe(_ voters: [ReplicaID], _ acknowledged: (ReplicaID) -> UInt64?) -> String {
        guard !voters.isEmpty else { return "<empty majority quorum>" }
        var text = String(repeating: " ", count: voters.count) + "    idx\n"
        for voter in voters {
            let value = acknowledged(voter)
            let behind = voters.count { (acknowledged($0) ?? 0) < (value ?? 0) }
            text +=
                value == nil
                ? "?" + String(repeating: " ", count: voters.count)
                : String(repeating: "x", count: behind) + ">" + String(repeating: " ", count: voters.count - behind)
            let digits = String(value ?? 0)
            text += " " + String(repeating: " ", count: max(0, 5 - digits.count)) + digits
            text += "    (id=\(String(voter.rawValue, radix: 16)))\n"
        }
        return text
    }

    private func digits(_ index: UInt64) -> String { index == .max ? "\u{221E}" : String(index) }

    private func name(_ outcome: VoteOutcome) -> String {
        switch outcome {
        case .pending: "VotePending"
        case .lost: "VoteLost"
        case .won: "VoteWon"
        }
    }

    private func mismatch(_ voters: [ReplicaID], _ values: [UInt64]) -> ScenarioError {
        let ids = voters.sorted().map { "\($0.rawValue):{}" }.joined(separator: " ")
        let list = values.map(digits).joined(separator: " ")
        return ScenarioError("error: mismatched input (explicit or _) for voters map[\(ids)]: [\(list)]")
    }

    // MARK: Values

    private func number(_ text: String) throws(ScenarioError) -> UInt64 {
        guard let value = UInt64(text) else { throw ScenarioError("not a number: \(text)") }
        return value
    }

    private func replicas(_ values: [String]) throws(ScenarioError) -> [ReplicaID] {
        var replicas: [ReplicaID] = []
        for value in values {
            let replica = ReplicaID(try number(value))
            if !replicas.contains(replica) { replicas.append(replica) }
        }
        return replicas
    }

    private func vote(_ text: String) throws(ScenarioError) -> Bool? {
        switch text {
        case "y": true
        case "n": false
        case "_": nil
        default: throw ScenarioError("unknown vote: \(text)")
        }
    }
}
