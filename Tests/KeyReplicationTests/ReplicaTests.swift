import Cluster
import KeyModel
import KeyReplication
import Raft
import Storage
import Testing

@Suite struct ReplicaTests {
    @Test("Stored rows answer as the rows in memory do, command by command")
    func twin() throws {
        let fixture = ReplicaFixture()
        var memory = InMemoryKeyTable()
        for (position, body) in ReplicaFixture.bodies.enumerated() {
            let token = Idempotency(key: [UInt8(position % 7)], requestDigest: [UInt8(position % 7)])
            let command = ReplicaFixture.command(body, idempotency: token)
            let expected = KeyStateMachine.apply(command, at: (1, UInt64(position) + 1), to: &memory)
            #expect(try fixture.apply(body, idempotency: token) == expected)
        }
        #expect(memory.idempotencyCount() == 7)
    }

    @Test("Every command of the list is accepted, and the same list gives equal rows")
    func determinism() throws {
        let one = ReplicaFixture()
        let other = ReplicaFixture()
        for body in ReplicaFixture.bodies { #expect(try one.apply(body).refusal == nil) }
        // The other one reads in between, and comes from its own rows half-way.
        for (position, body) in ReplicaFixture.bodies.enumerated() {
            if position == 9 { other.replica.didLoad(other.table, at: other.position) }
            _ = other.replica.view.keys(limit: 10)
            try other.apply(body)
        }
        #expect(one.table.rows == other.table.rows)
        #expect(!one.table.rows.isEmpty)
    }

    @Test(
        "However entries are shared out over commits and restarts, rows and outcomes are the same",
        arguments: 1...8 as ClosedRange<UInt64>)
    func batches(seed: UInt64) throws {
        var random = Randomness(seed: seed)
        let commands = Self.commands(&random)
        var memory = InMemoryKeyTable()
        let expected = commands.enumerated().map { place, command in
            KeyStateMachine.apply(command, at: (1, UInt64(place) + 1), to: &memory)
        }
        let single = ReplicaFixture()
        for command in commands { _ = single.apply(payload: KeyCommandCodec.encode(command)) }
        let batched = ReplicaFixture()
        var outcomes: [CommandOutcome] = []
        while outcomes.count < commands.count {
            let many = random.draw(below: 9) + 1
            let batch = commands[outcomes.count..<min(commands.count, outcomes.count + many)]
            for result in batched.apply(payloads: batch.map { KeyCommandCodec.encode($0) }) {
                guard case .outcome(let outcome as CommandOutcome) = result else {
                    Issue.record("halted")
                    return
                }
                outcomes.append(outcome)
            }
            if random.draw(below: 4) == 0 { batched.replica.didLoad(batched.table, at: batched.position) }
        }
        #expect(outcomes == expected)
        #expect(batched.table.rows == single.table.rows)
        let fresh = KeyView()
        fresh.load(batched.table, at: batched.position)
        #expect(fresh.keys(limit: 1_000).map(\.key) == batched.replica.view.keys(limit: 1_000).map(\.key))
    }

    /// Accepted and refused ones, many with an idempotency key that comes again, some after it has expired.
    private static func commands(_ random: inout Randomness) -> [KeyCommand] {
        var now: Int64 = 1_000
        var bodies = Array(ReplicaFixture.bodies.prefix(8))
        for number in 0..<300 {
            let text = "eu/acme/k\(random.draw(below: 12))"
            let name = (try? KeyName(parsing: text)) ?? ReplicaFixture.name
            let choices: [KeyCommand.Body] = [
                ReplicaFixture.create(text, id: UInt64(number) + 10), .disableKey(name), .enableKey(name),
                .setTags(name, [KeyTag(key: "x", value: "\(random.draw(below: 3))")]),
                .rotateKey(
                    name, expected: UInt64(random.draw(below: 4)) + 1,
                    wrapped: ReplicaFixture.wrap(.tenantKey(.first))),
                .activateVersion(name, KeyVersionNumber(UInt32(random.draw(below: 3)) + 1)),
                .admitHolder(ReplicaFixture.holder(4)), .removeHolder(replica: 4 << 16 | 1),
                .putPolicy(ReplicaFixture.policy), .deletePolicy(name: "p"), .raiseFeatureLevel(1),
            ]
            bodies.append(choices[random.draw(below: choices.count)])
        }
        return bodies.map { body in
            let isNextDay = random.draw(below: 100) == 0
            now += isNextDay ? KeyStateMachine.idempotencyRetention : Int64(random.draw(below: 1_000))
            let token = Idempotency(key: [UInt8(random.draw(below: 60))], requestDigest: [1])
            let principal = ["spiffe://d/operator/ann", "spiffe://d/operator/bob"][random.draw(below: 2)]
            let isRepeatable = random.draw(below: 2) == 0
            return KeyCommand(
                body,
                header: CommandHeader(
                    proposedAt: now, principal: principal, idempotency: isRepeatable ? token : nil))
        }
    }

    @Test("No row key holds a name")
    func opaqueKeys() throws {
        let fixture = ReplicaFixture()
        try fixture.applyAll()
        for row in fixture.table.rows {
            for name in ["acme", "orders", "eu-west"] {
                #expect(!String(decoding: row.key, as: UTF8.self).contains(name))
            }
        }
    }

    @Test("A damaged row halts the group")
    func damage() throws {
        let fixture = ReplicaFixture()
        try fixture.applyAll()
        var changes = TableChanges()
        let key = try #require(fixture.table.rows.first { $0.key.first == 0x13 }?.key)
        changes.writes = [TableWrite(key: key, value: [0xff])]
        fixture.table.take(changes)
        fixture.replica.didCommit(changes, at: fixture.position)
        #expect(fixture.replica.view.damage != nil)
        #expect(fixture.replica.view.snapshot(named: ReplicaFixture.name) == nil)
        let payload = KeyCommandCodec.encode(ReplicaFixture.command(.disableKey(ReplicaFixture.name)))
        guard case .halt(_) = fixture.apply(payload: payload) else {
            Issue.record("the group went on")
            return
        }
    }

    @Test("A feature level of the future halts the group")
    func futureLevel() {
        let payload = KeyCommandCodec.encode(ReplicaFixture.command(.raiseFeatureLevel(2)))
        guard case .halt(_) = ReplicaFixture().apply(payload: payload) else {
            Issue.record("the group went on")
            return
        }
    }

    @Test("Only holders join, and the last one does not leave")
    func admits() throws {
        let fixture = ReplicaFixture()
        func admits(added: [UInt64] = [], removed: [UInt64] = []) -> Bool? {
            var transaction = TableTransaction(fixture.table)
            let change = MembershipProposal(
                added: added.map { ReplicaID($0) }, removed: removed.map { ReplicaID($0) }, context: [])
            return fixture.replica.admits(change, in: &transaction)
        }
        #expect(admits(added: [1 << 16 | 1]) == false)
        try fixture.applyAll()
        #expect(admits(added: [1 << 16 | 1]) == true)
        #expect(admits(added: [4 << 16 | 1]) == false)
        #expect(admits(added: [1 << 16 | 1, 9 << 16 | 1]) == false)
        #expect(admits(removed: [1 << 16 | 1, 2 << 16 | 1]) == true)
        #expect(admits(removed: [1 << 16 | 1, 2 << 16 | 1, 3 << 16 | 1]) == false)
    }

    @Test("The view follows commits, and a load gives the same view")
    func view() throws {
        let fixture = ReplicaFixture()
        try fixture.applyAll()
        let view = fixture.replica.view
        for number in 2...5 { try fixture.apply(ReplicaFixture.create("eu/acme/k\(number)", id: UInt64(number))) }
        let snapshot = try #require(view.snapshot(named: ReplicaFixture.name))
        #expect(snapshot.entry.key.primary == KeyVersionNumber(2))
        #expect(snapshot.position == fixture.position && snapshot.placement.placement.version == 2)
        #expect(snapshot.tenant?.current?.number == .first)
        let request = AccessRequest(principal: "spiffe://d/workload/a", action: .encrypt, target: snapshot.entry.target)
        #expect(snapshot.policies.decide(request).verdict == .notAllowed && snapshot.policies.policies.count == 1)
        #expect(view.snapshot(KeyID(high: 0, low: 1))?.entry === snapshot.entry)
        #expect(view.holders.map(\.node) == ["n1", "n2", "n3"] && view.epochs.count == 2 && view.featureLevel == 1)

        let fresh = KeyView()
        fresh.load(fixture.table, at: fixture.position)
        #expect(fresh.keys(limit: 100).map(\.key) == view.keys(limit: 100).map(\.key))
        #expect(fresh.keyCount == 5 && fresh.placement == view.placement && fresh.epochLedger == view.epochLedger)
        #expect(fresh.holders == view.holders && fresh.tenants == view.tenants && fresh.position == view.position)

        try fixture.apply(.deletePolicy(name: "p"))
        #expect(view.policies.policies.isEmpty)
    }

    @Test("Keys are listed in pages and by prefix")
    func pages() throws {
        let fixture = ReplicaFixture()
        try fixture.applyAll()
        for number in 0..<9 {
            try fixture.apply(ReplicaFixture.create("eu/acme/k\(8 - number)", id: UInt64(number) + 10))
        }
        let view = fixture.replica.view
        var names: [String] = []
        var after: KeyName?
        while true {
            let page = view.keys(withPrefix: "eu/acme/k", after: after, limit: 4)
            names += page.map(\.key.name.key)
            guard let last = page.last else { break }
            after = last.key.name
        }
        #expect(names == (0..<9).map { "k\($0)" })
        #expect(view.keys(withPrefix: "eu/other", limit: 4).isEmpty)
        #expect(view.keys(limit: 0).isEmpty)
    }
}

@Suite struct DirectoryReplicaTests {
    @Test("The directory's view follows its commits, and a load gives the same")
    func view() throws {
        let replica = DirectoryReplica()
        let table = MemoryTable()
        var index: UInt64 = 0
        func node(_ number: UInt16) -> DirectoryNode {
            DirectoryNode(
                name: "n\(number)", number: number, incarnation: 1,
                region: ReplicaFixture.regions[Int(number) - 1].name,
                storeID: [UInt8](repeating: 1, count: 16), sealingKey: [1], peerEndpoint: "a:1", apiEndpoint: "a:2")
        }
        let eu = ReplicaFixture.name.placement
        let replicas: [UInt64] = [1 << 16 | 1, 2 << 16 | 1, 3 << 16 | 1]
        let bodies: [DirectoryCommand.Body] = [
            .bootstrap(
                cluster: [UInt8](repeating: 7, count: 16), regions: ReplicaFixture.regions,
                nodes: [node(1), node(2), node(3)], operators: ["spiffe://d/x"]),
            .putPlacement(Placement(name: eu, allowedJurisdictions: ["EU"])),
            .putGroup(DirectoryGroup(id: 2, placement: eu, replicas: replicas)),
        ]
        for body in bodies {
            index += 1
            let position = LogPosition(term: Term(1), index: LogIndex(index))
            var transaction = TableTransaction(table)
            let payload = DirectoryCommandCodec.encode(
                DirectoryCommand(body, header: CommandHeader(proposedAt: 5, principal: "x")))
            let result = replica.apply(payload, at: position, to: &transaction)
            guard case .outcome(let outcome as DirectoryOutcome) = result else {
                Issue.record("halted")
                return
            }
            #expect(outcome.refusal == nil)
            table.take(transaction.changes)
            replica.didCommit(transaction.changes, at: position)
        }
        let state = replica.view.state
        #expect(state.nodes.count == 3 && state.regions.count == 3 && state.placement(eu)?.version == 1)
        #expect(state.group(2)?.replicas == replicas && replica.view.nextGroup == 3 && replica.view.damage == nil)

        let fresh = DirectoryView()
        fresh.load(table, at: replica.view.position)
        #expect(fresh.state == state && fresh.damage == nil)

        var transaction = TableTransaction(table)
        func admits(_ added: UInt64) -> Bool? {
            replica.admits(MembershipProposal(added: [ReplicaID(added)], removed: [], context: []), in: &transaction)
        }
        #expect(admits(1 << 16 | 1) == true)
        #expect(admits(1 << 16 | 2) == false)
        #expect(admits(9 << 16 | 1) == false)
        #expect(admits(.max) == false)
    }
}
