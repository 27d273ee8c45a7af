import Cluster
import KeyModel
import KeyReplication
import Raft

extension SimulatedFederation {
    private static let attempts = 5
    /// One call's time at one node, by that node's clock, and by the caller's a little more.
    private static let patienceOfCall: UInt64 = 2_000_000_000
    /// How old a state may be from which a holder encrypts; by its own clock.
    private static let maxStaleness: UInt64 = 2_000_000_000

    // MARK: Asking

    /// The client's next call, if it has none under way.
    func act(_ place: Int) {
        guard clients[place].pending == nil else { return }
        let pause = UInt64(20 + random.draw(below: 200)) * 1_000_000
        let group = plan.placements[random.draw(below: plan.placements.count)].group
        guard phase == .trouble, let node = anyNode(in: group), let name = keyName(in: group) else {
            return queue.add(.client(place), at: now + pause)
        }
        if random.draw(below: 6) == 0 {
            useLocally(at: node, group)
            return queue.add(.client(place), at: now + pause)
        }
        let call: SimulatedClient.Call
        if random.draw(below: 3) == 0 {
            call = .read
        } else {
            let command = command(for: place, name, seenBy: node, group)
            call = .write(command, payload: KeyCommandCodec.encode(command))
        }
        clients[place].pending = SimulatedClient.Pending(
            call: call, group: group, name: name, asked: now, operation: 0, attemptAsked: now, node: node.number)
        attempt(place)
    }

    private func keyName(in group: GroupID) -> KeyName? {
        guard let placement = plan.placements.first(where: { $0.group == group }) else { return nil }
        return try? KeyName(parsing: "\(placement.name)/acme/k\(random.draw(below: 4))")
    }

    /// A running node that hosts the group.
    private func anyNode(in group: GroupID) -> SimulatedNode? {
        let hosts = nodes.filter { $0.condition == .running && !$0.isTurnedAway && $0.place(of: group) != nil }
        return hosts.isEmpty ? nil : hosts[random.draw(below: hosts.count)]
    }

    private func command(
        for place: Int, _ name: KeyName, seenBy node: SimulatedNode, _ group: GroupID
    ) -> KeyCommand {
        let key = node.view(of: group)?.key(named: name)?.key
        let wrapped = WrappedKeyMaterial(bytes: bytes(16), wrapping: .tenantKey(.first))
        let body: KeyCommand.Body
        switch (key, random.draw(below: 8)) {
        case (nil, _), (_, 0):
            body = .createKey(
                KeyCommand.CreateKey(
                    id: KeyID(high: random.next(), low: random.next()), name: name, algorithm: .aes256,
                    wrapped: wrapped))
        case (let key?, 1...2): body = .rotateKey(name, expected: key.generation, wrapped: wrapped)
        case (let key?, 3):
            body = .activateVersion(name, key.pendingVersion?.number ?? key.primary)
        case (_, 4): body = .disableKey(name)
        case (_, 5): body = .enableKey(name)
        default: body = .setTags(name, [KeyTag(key: "t", value: "\(random.draw(below: 1000))")])
        }
        return KeyCommand(
            body,
            header: CommandHeader(
                proposedAt: Int64(node.clock.local(now) / 1_000_000),
                principal: "spiffe://simulation/workload/c\(place)",
                idempotency: Idempotency(key: bytes(16), requestDigest: bytes(8))))
    }

    private func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private func attempt(_ place: Int) {
        guard var pending = clients[place].pending else { return }
        guard let node = anyNode(in: pending.group) else {
            return queue.add(.clientTimeout(place, operation: pending.operation), at: now + 200_000_000)
        }
        let operation = newOperation()
        pending.operation = operation
        pending.attemptAsked = now
        pending.node = node.number
        clients[place].pending = pending
        operations[operation] = .client(place)
        queue.add(.clientTimeout(place, operation: operation), at: now + 2 * Self.patienceOfCall)
        tell(.client, node, about: pending.group, "c\(place) asks #\(operation): \(pending.words)")
        let answers = node.answers
        let deadline = node.clock.local(now) + Self.patienceOfCall
        switch pending.call {
        case .write(_, let payload):
            if pending.attempts == 1 { witness.groups[pending.group]?.requests[payload] = .some(nil) }
            turn(
                node,
                [.propose(pending.group, payload, deadline: deadline) { answers.put(.proposal(operation, $0)) }])
        case .read:
            turn(node, [.read(pending.group, deadline: deadline) { answers.put(.read(operation, $0)) }])
        }
    }

    /// Encrypt and Decrypt: from what the node has, if that is fresh enough.
    private func useLocally(at node: SimulatedNode, _ group: GroupID) {
        guard let gauge = node.gauge(of: group), !gauge.isStopped else { return }
        let local = node.clock.local(now)
        let isFresh = gauge.freshAt > 0 && local <= gauge.freshAt + Self.maxStaleness
        guard isFresh else {
            events.note(.stalenessRefused)
            if plan.faults.contains(.clockRates) { events.note(.stalenessRefusedUnderClockFault) }
            return
        }
        // By true time the bound is as long as the node's clock is slow.
        let bound = Self.maxStaleness / node.clock.rate * 1000 + 1_000_000
        witness.servesWithinBound(
            group, applied: gauge.applied, acknowledgedBy: now > bound ? now - bound : 0, on: node.replica)
    }

    // MARK: Answers

    func takeAnswers(of node: SimulatedNode) {
        for answer in node.answers.drain() {
            switch answer {
            case .made(let group, let gauge):
                if let gauge, gauge.group == group { node.add(gauge) }
            case .offered(let operation, let result):
                switch operations.removeValue(forKey: operation) {
                case .offer(let course): took(result, course, wasLast: false)
                case .chunk(let course): took(result, course, wasLast: true)
                default: break
                }
            case .proposal(let operation, let result):
                switch operations.removeValue(forKey: operation) {
                case .client(let place): wrote(place, operation, result, at: node)
                case .manager(let group): manager.answered(group, result)
                case .intrusion: intruded(result)
                default: break
                }
                if case .success(let applied) = result { acknowledged(operation, applied, by: node) }
            case .read(let operation, let result):
                if case .client(let place)? = operations.removeValue(forKey: operation) {
                    read(place, operation, result, at: node)
                }
            }
        }
    }

    /// A change of members that apply must refuse.
    private func intruded(_ result: Result<AppliedProposal, ClusterError>) {
        guard case .success(let applied) = result else { return }
        witness.require(applied.outcome as? Bool == false, "I22", "a replica outside of its placement was admitted")
        events.note(.membershipRefused)
    }

    private func acknowledged(_ operation: UInt64, _ applied: AppliedProposal, by node: SimulatedNode) {
        trace.absorb(operation << 20 ^ applied.position.index.rawValue)
    }

    private func wrote(
        _ place: Int, _ operation: UInt64, _ result: Result<AppliedProposal, ClusterError>, at node: SimulatedNode
    ) {
        guard let pending = clients[place].pending, pending.operation == operation,
            case .write = pending.call
        else { return }
        tell(
            .client, node, about: pending.group,
            "c\(place) is told #\(operation): \(Self.words(result.map(\.position.index)))"
        )
        switch result {
        case .success(let applied):
            witness.groups[pending.group]?.acknowledge(applied.position.index, at: now)
            log.write(pending, place, applied, answeredAt: now)
            done(place)
        case .failure(.outcomeUnknown):
            events.note(.outcomeUnknown)
            again(place)
        case .failure(.noSpace):
            events.note(.diskFullRefusal)
            again(place)
        case .failure: again(place)
        }
    }

    private func read(
        _ place: Int, _ operation: UInt64, _ result: Result<LogIndex, ClusterError>, at node: SimulatedNode
    ) {
        guard let pending = clients[place].pending, pending.operation == operation else { return }
        tell(.client, node, about: pending.group, "c\(place) is told #\(operation): \(Self.words(result))")
        switch result {
        case .success(let index):
            events.note(.readConfirmed)
            witness.readSeesAcknowledged(
                pending.group, asked: pending.attemptAsked, answered: index, on: node.replica)
            log.read(
                pending, place, key: node.view(of: pending.group)?.key(named: pending.name)?.key, answeredAt: now)
            done(place)
        case .failure:
            events.note(.readTimedOut)
            again(place)
        }
    }

    private static func words(_ result: Result<LogIndex, ClusterError>) -> String {
        switch result {
        case .success(let index): "as of index \(index.rawValue)"
        case .failure(let error): "\(error)"
        }
    }

    func timeOut(_ place: Int, _ operation: UInt64) {
        guard clients[place].pending?.operation == operation else { return }
        operations[operation] = nil
        again(place)
    }

    private func again(_ place: Int) {
        guard var pending = clients[place].pending else { return }
        pending.attempts += 1
        guard pending.attempts <= Self.attempts, phase == .trouble else {
            log.gaveUp(pending, place)
            return done(place)
        }
        pending.operation = newOperation()
        clients[place].pending = pending
        // A short rest, then another node.
        let rest = UInt64(20 + random.draw(below: 100)) * 1_000_000
        queue.add(.clientRetry(place, operation: pending.operation), at: now + rest)
    }

    func retry(_ place: Int, _ operation: UInt64) {
        if clients[place].pending?.operation == operation { attempt(place) }
    }

    private func done(_ place: Int) {
        clients[place].pending = nil
        queue.add(.client(place), at: now + UInt64(10 + random.draw(below: 150)) * 1_000_000)
    }
}
