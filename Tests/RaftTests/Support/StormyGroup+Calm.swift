import Raft

/// Fair weather: everyone is up, nothing is lost, and drivers, clients and operators do their part.
extension StormyGroup {
    /// Lets the weather be fair until the group is as it should be: a leader, no joint configuration, and a fresh write
    /// and a fresh read at every member. False when that takes too long. One replica may stay down for good.
    mutating func calm(rounds: Int, without missing: ReplicaID? = nil) -> Bool {
        cut = []
        for (place, id) in ids.enumerated() where nodes[place].isUp == (id == missing) { crashOrStart(place) }
        goal = (Array("goal".utf8), nil)
        readers = []
        firstFairRead = reads.count
        for round in 0..<rounds {
            for place in nodes.indices where nodes[place].isUp { nodes[place].core.tick() }
            for _ in 0..<20 { exchange() }
            guard let leader = nodes.firstIndex(where: { $0.isUp && $0.core.hasCommittedInTerm }) else { continue }
            if isSettled(under: leader) { return true }
            act(at: leader, isTimeToRetry: round % 10 == 0)
        }
        return false
    }

    /// Whether the others are a quorum in everybody's eyes. Members differ in what they have applied: one may still
    /// count by an older configuration.
    func canSpare(_ missing: ReplicaID) -> Bool {
        nodes.allSatisfy { $0.core.membership.quorum.outcome { $0 != missing } == .won }
    }

    /// Does all work and delivers everything, once.
    private mutating func exchange() {
        for place in nodes.indices where nodes[place].isUp { while hasWork(place) { work(place) } }
        while !reports.isEmpty { deliverReport(0) }
        let messages = network
        network = []
        for message in messages {
            let arrives = deliver(message)
            guard message.kind == .snapshot else { continue }
            end(Transfer(sender: message.from, receiver: message.to), succeeded: arrives)
        }
    }

    /// What consensus leaves to others: an operator ends a joint configuration that was to be left explicitly, and
    /// clients repeat what was not answered.
    private mutating func act(at leader: Int, isTimeToRetry: Bool) {
        let membership = nodes[leader].core.membership
        if membership.isJoint, !membership.autoLeave,
            nodes[leader].core.membershipRefusal(of: .leaveJoint) == nil
        {
            try? nodes[leader].core.propose(.leaveJoint)
        }
        guard isTimeToRetry else { return }
        if let goal, goal.index == nil { try? nodes[leader].core.propose(goal.payload) }
        for (place, id) in ids.enumerated() where membership.contains(id) && !readers.contains(id) { read(place) }
    }

    private func isSettled(under leader: Int) -> Bool {
        let membership = nodes[leader].core.membership
        guard !membership.isJoint, let index = goal?.index else { return false }
        return nodes.allSatisfy { node in
            guard node.isUp, membership.contains(node.core.replica) else { return true }
            return node.applied >= index && node.core.membership == membership && readers.contains(node.core.replica)
        }
    }
}
