// swift-format-ignore-file: NeverUseForceTry

// Fixed names and numbers: a test that cannot make them should stop at once.
import KeyModel
import Testing

@Suite struct DirectoryTests {
    static func node(
        _ number: UInt16, incarnation: UInt16 = 1, region: String? = nil, store: UInt8 = 1, name: String? = nil,
        key: [UInt8] = [1]
    ) -> DirectoryNode {
        DirectoryNode(
            name: name ?? "n\(number)", number: number, incarnation: incarnation,
            region: region ?? KeyFixture.regions[Int(number - 1) % 4].name,
            storeID: [UInt8](repeating: store, count: 16), sealingKey: key, peerEndpoint: "127.0.0.1:1\(number)",
            apiEndpoint: "127.0.0.1:2\(number)")
    }

    static let bootstrap = DirectoryCommand.Body.bootstrap(
        cluster: [UInt8](repeating: 7, count: 16), regions: KeyFixture.regions,
        nodes: [node(1), node(2), node(3), node(4)],
        operators: ["spiffe://d/operator/*"])
    static let replicas: [UInt64] = [1 << 16 | 1, 2 << 16 | 1, 3 << 16 | 1]
    static let eu = try! PlacementName("eu")

    var table = InMemoryDirectoryTable()

    mutating func apply(_ body: DirectoryCommand.Body) -> DirectoryOutcome {
        let header = CommandHeader(proposedAt: 5, principal: "spiffe://d/operator/ann")
        return DirectoryStateMachine.apply(DirectoryCommand(body, header: header), at: (1, 1), to: &table)
    }

    init() {
        _ = apply(Self.bootstrap)
        _ = apply(.putPlacement(KeyFixture.placement()))
        _ = apply(.putGroup(DirectoryGroup(id: 2, placement: Self.eu, replicas: Self.replicas)))
    }

    static let refusals: [(String, DirectoryCommand.Body, KMSError.Code)] = [
        (
            "another cluster",
            .bootstrap(
                cluster: [UInt8](repeating: 8, count: 16), regions: KeyFixture.regions, nodes: [node(1)],
                operators: ["spiffe://d/x"]), .alreadyExists
        ),
        ("a taken number", .registerNode(node(1, store: 9)), .alreadyExists),
        ("a taken name", .registerNode(node(9, region: "eu-west", name: "n1")), .alreadyExists),
        ("an unknown region", .registerNode(node(9, region: "mars")), .invalidRequest),
        ("a new node that was here before", .registerNode(node(9, incarnation: 2, region: "eu-west")), .invalidRequest),
        (
            "a short store id",
            .registerNode(
                DirectoryNode(
                    name: "x", number: 9, incarnation: 1, region: "eu-west", storeID: [1], sealingKey: [],
                    peerEndpoint: "a:1", apiEndpoint: "a:2")), .invalidRequest
        ),
        ("a twin with another store", .renewNode(node(1, store: 9)), .generationConflict),
        ("an incarnation too far", .renewNode(node(1, incarnation: 3, store: 9)), .generationConflict),
        ("the next incarnation on the old store", .renewNode(node(1, incarnation: 2)), .generationConflict),
        ("another sealing key", .renewNode(node(1, key: [2])), .alreadyExists),
        ("a node that moves", .renewNode(node(1, incarnation: 2, region: "us-east", store: 9)), .invalidRequest),
        ("an unknown node", .renewNode(node(9)), .keyNotFound),
        (
            "a region that changes its law", .putRegion(Region(name: "eu-west", cloud: "aws", jurisdictions: ["US"])),
            .sovereigntyViolation
        ),
        ("a region without a law", .putRegion(Region(name: "moon", cloud: "aws", jurisdictions: [])), .invalidRequest),
        (
            "wider jurisdictions", .putPlacement(Placement(name: eu, allowedJurisdictions: ["EU", "US"])),
            .sovereigntyViolation
        ),
        (
            "a placement that cannot be met",
            .putPlacement(Placement(name: eu, allowedJurisdictions: ["EU"], replicas: 5)), .invalidRequest
        ),
        (
            "a group out of turn", .putGroup(DirectoryGroup(id: 5, placement: eu, replicas: replicas)),
            .generationConflict
        ),
        (
            "a group over another", .putGroup(DirectoryGroup(id: 2, placement: eu, replicas: [1 << 16 | 1])),
            .alreadyExists
        ),
        (
            "a group of too few", .putGroup(DirectoryGroup(id: 3, placement: eu, replicas: [1 << 16 | 1])),
            .invalidRequest
        ),
        (
            "a group outside its placement",
            .putGroup(DirectoryGroup(id: 3, placement: eu, replicas: [1 << 16 | 1, 2 << 16 | 1, 4 << 16 | 1])),
            .sovereigntyViolation
        ),
        (
            "a group of no placement",
            .putGroup(DirectoryGroup(id: 3, placement: try! PlacementName("mars"), replicas: replicas)), .keyNotFound
        ),
        ("replicas outside", .setGroupReplicas(id: 2, replicas: [4 << 16 | 1]), .sovereigntyViolation),
        ("a fenced replica", .setGroupReplicas(id: 2, replicas: [1 << 16 | 7]), .invalidRequest),
        ("one node twice", .setGroupReplicas(id: 2, replicas: [1 << 16 | 1, 1 << 16 | 1]), .invalidRequest),
        ("no replicas", .setGroupReplicas(id: 2, replicas: []), .invalidRequest),
        ("an illegal replica", .setGroupReplicas(id: 2, replicas: [.max]), .invalidRequest),
        ("no such group", .setGroupReplicas(id: 9, replicas: replicas), .keyNotFound),
        ("removal of a node in use", .removeNode(number: 1), .invalidKeyState),
        ("removal of no node", .removeNode(number: 99), .keyNotFound),
    ]

    @Test("Every refusal has its code and leaves the rows alone", arguments: refusals.indices)
    func refused(row: Int) {
        var directory = self
        let (what, body, code) = Self.refusals[row]
        let outcome = directory.apply(body)
        #expect(outcome.refusal?.code == code, "\(what): \(outcome)")
        #expect(directory.table == table, "\(what)")
    }

    @Test("Commands that find what they wanted are accepted again")
    func repeated() {
        var directory = self
        #expect(directory.apply(Self.bootstrap) == .accepted)
        #expect(directory.apply(.registerNode(Self.node(1))) == .node(Self.node(1)))
        #expect(directory.apply(.renewNode(Self.node(1))) == .node(Self.node(1)))
        #expect(directory.apply(.putPlacement(KeyFixture.placement())) == .placement(KeyFixture.placement()))
        #expect(
            directory.apply(.putGroup(DirectoryGroup(id: 2, placement: Self.eu, replicas: Self.replicas))).refusal
                == nil)
        #expect(directory.table == table)
    }

    @Test("A node that lost its disk comes back once, and its past is fenced for ever")
    func renewal() {
        var directory = self
        #expect(directory.apply(.renewNode(Self.node(1, incarnation: 2, store: 9))).refusal == nil)
        #expect(directory.apply(.renewNode(Self.node(1))).refusal?.code == .generationConflict)
        #expect(
            directory.apply(.setGroupReplicas(id: 2, replicas: Array(Self.replicas.dropFirst()) + [1 << 16 | 2]))
                .refusal == nil)
        let state = DirectoryState(of: &directory.table)
        #expect(state.node(replica: 1 << 16 | 1) == nil)
        #expect(state.node(replica: 1 << 16 | 2)?.name == "n1")
        #expect(state.group(2)?.version == 2)
        #expect(directory.apply(.setGroupReplicas(id: 2, replicas: Self.replicas)).refusal?.code == .invalidRequest)
    }

    @Test("Group ids are given in order from 2, and a placement's version counts its changes")
    func counters() {
        var directory = self
        #expect(directory.table.cluster()?.nextGroup == 3)
        #expect(
            directory.apply(.putGroup(DirectoryGroup(id: 3, placement: Self.eu, replicas: Self.replicas))).refusal
                == nil)
        var changed = KeyFixture.placement()
        changed.maxStaleness = 5_000
        #expect(directory.apply(.putPlacement(changed)).refusal == nil)
        #expect(directory.table.placement(Self.eu)?.version == 2)
    }

    @Test("A removed node's number stays taken")
    func removal() {
        var directory = self
        #expect(directory.apply(.removeNode(number: 4)) == .accepted)
        #expect(directory.apply(.removeNode(number: 4)) == .accepted)
        #expect(directory.apply(.registerNode(Self.node(4))).refusal?.code == .alreadyExists)
        #expect(directory.apply(.renewNode(Self.node(4, incarnation: 2, store: 9))).refusal?.code == .keyNotFound)
    }

    @Test("Nothing happens before the cluster is started")
    func notStarted() {
        var directory = self
        directory.table = InMemoryDirectoryTable()
        #expect(directory.apply(.registerNode(Self.node(1))).refusal?.code == .invalidKeyState)
        #expect(
            directory.apply(.bootstrap(cluster: [1], regions: [], nodes: [], operators: [])).refusal?.code
                == .invalidRequest)
        #expect(directory.table == InMemoryDirectoryTable())
    }
}
