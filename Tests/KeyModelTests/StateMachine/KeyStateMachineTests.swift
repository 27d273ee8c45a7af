// swift-format-ignore-file: NeverUseForceTry

// Fixed names and numbers: a test that cannot make them should stop at once.
import KeyModel
import Testing

@Suite struct KeyStateMachineTests {
    @Test("A key is created active, rotated in two phases, and its generation counts the changes")
    func lifeOfAKey() throws {
        var fixture = KeyFixture.withKey()
        let created = try #require(fixture.table.key(named: KeyFixture.orders))
        #expect(created.generation == 1 && created.primary == .first && created.primaryVersion?.state == .active)

        let rotated = try #require(
            fixture.apply(.rotateKey(KeyFixture.orders, expected: 1, wrapped: KeyFixture.wrap())).key)
        #expect(rotated.primary == .first && rotated.versions[1].state == .preActive && rotated.generation == 2)
        #expect(rotated.permits(.process, version: KeyVersionNumber(2)))
        #expect(!rotated.permits(.protect, version: KeyVersionNumber(2)))
        #expect(rotated.pendingVersion?.number == KeyVersionNumber(2))
        // What waits is what a further rotation is about: no second version is added beside it.
        #expect(
            fixture.apply(.rotateKey(KeyFixture.orders, expected: 2, wrapped: KeyFixture.wrap())) == .updated(rotated))
        #expect(
            fixture.apply(.rotateKey(KeyFixture.orders, expected: 1, wrapped: KeyFixture.wrap())).code
                == .generationConflict)

        fixture.now = 2_000
        let activated = try #require(fixture.apply(.activateVersion(KeyFixture.orders, KeyVersionNumber(2))).key)
        #expect(activated.primary == KeyVersionNumber(2) && activated.versions.map(\.state) == [.deactivated, .active])
        #expect(activated.versions[1].activatedAt == 2_000 && activated.generation == 3)
        #expect(activated.pendingVersion == nil)
        #expect(activated.permits(.process, version: .first) && !activated.permits(.protect, version: .first))

        let disabled = try #require(fixture.apply(.disableKey(KeyFixture.orders)).key)
        #expect(!disabled.isEnabled)
        #expect(
            fixture.apply(.rotateKey(KeyFixture.orders, expected: 4, wrapped: KeyFixture.wrap())).code
                == .invalidKeyState)
        #expect(fixture.apply(.disableKey(KeyFixture.orders)) == .updated(disabled))
        #expect(fixture.apply(.enableKey(KeyFixture.orders)).key?.isEnabled == true)
        let tagged = fixture.apply(
            .setTags(KeyFixture.orders, [KeyTag(key: "b", value: "2"), KeyTag(key: "a", value: "1")]))
        #expect(tagged.key?.tags.map(\.key) == ["a", "b"])
    }

    static let missing = try! KeyName(parsing: "eu/acme/missing")
    static let foreign = try! KeyName(parsing: "us/acme/orders")

    static let refusals: [(String, KeyCommand.Body, KMSError.Code)] = [
        (
            "another placement for the group",
            .initialize(
                placement: KeyFixture.placement(), regions: KeyFixture.regions, holders: [KeyFixture.holder(1)]),
            .alreadyExists
        ),
        (
            "a holder outside the placement",
            .admitHolder(KeyFixture.holder(4, region: "us-east", jurisdictions: ["US"])), .sovereigntyViolation
        ),
        (
            "a holder that claims a better jurisdiction", .admitHolder(KeyFixture.holder(4, region: "us-east")),
            .sovereigntyViolation
        ),
        ("a holder in an unknown region", .admitHolder(KeyFixture.holder(4, region: "mars")), .sovereigntyViolation),
        ("a holder without jurisdictions", .admitHolder(KeyFixture.holder(4, jurisdictions: [])), .invalidRequest),
        (
            "a holder whose sealing key changed",
            .admitHolder(
                Holder(replica: 1 << 16 | 1, node: "n1", region: "eu-west", jurisdictions: ["EU"], sealingKey: [9])),
            .alreadyExists
        ),
        ("a holder without an incarnation", .admitHolder(KeyFixture.holder(4, incarnation: 0)), .invalidRequest),
        (
            "wider jurisdictions",
            .updatePlacement(
                Placement(name: KeyFixture.orders.placement, version: 2, allowedJurisdictions: ["EU", "US"]),
                regions: KeyFixture.regions), .sovereigntyViolation
        ),
        (
            "another placement's rule",
            .updatePlacement(
                Placement(name: foreign.placement, version: 2, allowedJurisdictions: ["EU"]),
                regions: KeyFixture.regions), .sovereigntyViolation
        ),
        (
            "a rule without a new version",
            .updatePlacement(
                Placement(name: KeyFixture.orders.placement, allowedJurisdictions: ["EU"], replicas: 5),
                regions: KeyFixture.regions), .generationConflict
        ),
        (
            "regions that drop a holder's",
            .updatePlacement(KeyFixture.placement(version: 2), regions: Array(KeyFixture.regions.dropFirst())),
            .invalidRequest
        ),
        (
            "regions that change their law",
            .updatePlacement(
                KeyFixture.placement(version: 2),
                regions: [Region(name: "eu-west", cloud: "aws", jurisdictions: ["US"])] + KeyFixture.regions.dropFirst()
            ), .sovereigntyViolation
        ),
        ("an epoch out of turn", .beginEpoch(EpochNumber(3), keyCheckValue: [1]), .generationConflict),
        ("an epoch at the end of numbers", .beginEpoch(EpochNumber(.max), keyCheckValue: [1]), .generationConflict),
        ("an epoch without a check value", .beginEpoch(EpochNumber(2), keyCheckValue: []), .invalidRequest),
        ("a receipt from no holder", .recordReceipt(.first, replica: 99 << 16 | 1, digest: [1]), .sovereigntyViolation),
        ("a receipt for no epoch", .recordReceipt(EpochNumber(9), replica: 1 << 16 | 1, digest: [1]), .keyNotFound),
        ("an unknown epoch's activation", .activateEpoch(EpochNumber(2)), .keyNotFound),
        ("the current epoch's retirement", .retireEpoch(.first), .invalidKeyState),
        ("a tenant key that exists", .putTenantKey(KeyFixture.tenantKey(1, epoch: 1)), .alreadyExists),
        ("a tenant key out of turn", .putTenantKey(KeyFixture.tenantKey(3, epoch: 1)), .generationConflict),
        ("a tenant key under no epoch", .putTenantKey(KeyFixture.tenantKey(2, epoch: 2)), .generationConflict),
        (
            "a new wrap under the same epoch", .putTenantKey(KeyFixture.tenantKey(1, epoch: 1, replacing: 1)),
            .generationConflict
        ),
        ("a new wrap of no tenant key", .putTenantKey(KeyFixture.tenantKey(2, epoch: 1, replacing: 1)), .keyNotFound),
        ("a name that exists", KeyFixture.createKey(id: 2), .alreadyExists),
        ("an id that exists", KeyFixture.createKey("eu/acme/other", id: 1), .alreadyExists),
        ("a key outside the placement", KeyFixture.createKey("us/acme/orders", id: 2), .sovereigntyViolation),
        ("a key of a tenant without keys", KeyFixture.createKey("eu/nobody/orders", id: 2), .generationConflict),
        (
            "a key under an old tenant key", KeyFixture.createKey("eu/acme/other", id: 2, wrapped: KeyFixture.wrap(2)),
            .generationConflict
        ),
        (
            "a key wrapped by an epoch",
            KeyFixture.createKey(
                "eu/acme/other", id: 2, wrapped: WrappedKeyMaterial(bytes: [1], wrapping: .epoch(.first))),
            .invalidRequest
        ),
        (
            "an empty wrap",
            KeyFixture.createKey(
                "eu/acme/other", id: 2, wrapped: WrappedKeyMaterial(bytes: [], wrapping: .tenantKey(.first))),
            .invalidRequest
        ),
        (
            "a wrap without measure",
            KeyFixture.createKey(
                "eu/acme/other", id: 2,
                wrapped: WrappedKeyMaterial(bytes: [UInt8](repeating: 0, count: 1025), wrapping: .tenantKey(.first))),
            .invalidRequest
        ),
        (
            "a tag given twice",
            KeyFixture.createKey(
                "eu/acme/other", id: 2, tags: [KeyTag(key: "a", value: "1"), KeyTag(key: "a", value: "2")]),
            .invalidRequest
        ),
        (
            "rotation of a changed key", .rotateKey(KeyFixture.orders, expected: 7, wrapped: KeyFixture.wrap()),
            .generationConflict
        ),
        ("rotation of no key", .rotateKey(missing, expected: 1, wrapped: KeyFixture.wrap()), .keyNotFound),
        ("activation of no version", .activateVersion(KeyFixture.orders, KeyVersionNumber(2)), .keyNotFound),
        ("activation of version zero", .activateVersion(KeyFixture.orders, KeyVersionNumber(0)), .keyNotFound),
        ("disabling no key", .disableKey(missing), .keyNotFound),
        ("enabling a foreign key", .enableKey(foreign), .sovereigntyViolation),
        ("an unprintable tag", .setTags(KeyFixture.orders, [KeyTag(key: "a\n", value: "1")]), .invalidRequest),
        (
            "too many tags", .setTags(KeyFixture.orders, (0...50).map { KeyTag(key: "t\($0)", value: "") }),
            .invalidRequest
        ),
        ("an empty policy", .putPolicy(Policy(name: "p", statements: [])), .invalidRequest),
        ("deleting no policy", .deletePolicy(name: "p"), .keyNotFound),
        ("a falling feature level", .raiseFeatureLevel(0), .invalidRequest),
    ]

    @Test("Every refusal has its code and leaves the rows alone", arguments: refusals.indices)
    func refused(row: Int) {
        let (what, body, code) = Self.refusals[row]
        var fixture = KeyFixture.withKey()
        let before = fixture.table
        let outcome = fixture.apply(body)
        #expect(outcome.code == code, "\(what): \(outcome)")
        #expect(fixture.table == before, "\(what)")
    }

    @Test(
        "Before the group is tied to a placement, everything else is refused", arguments: refusals.indices.dropFirst())
    func uninitialized(row: Int) {
        var fixture = KeyFixture(initialized: false)
        #expect(fixture.apply(Self.refusals[row].1).code == .invalidKeyState)
        #expect(fixture.table.placement() == nil)
    }

    @Test("Initializing twice with the same rule is accepted, and bad beginnings are refused")
    func initialize() {
        var fixture = KeyFixture()
        #expect(fixture.apply(KeyFixture.initialize) == .accepted)
        let foreign = KeyFixture.holder(2, region: "us-east", jurisdictions: ["US"])
        let beginnings: [(Placement, [Region], [Holder], KMSError.Code)] = [
            (KeyFixture.placement(), KeyFixture.regions, [KeyFixture.holder(1), foreign], .sovereigntyViolation),
            (KeyFixture.placement(), KeyFixture.regions, [], .invalidRequest),
            (
                KeyFixture.placement(), KeyFixture.regions,
                [KeyFixture.holder(1), KeyFixture.holder(1, incarnation: 2)], .invalidRequest
            ),
            (KeyFixture.placement(version: 0), KeyFixture.regions, [KeyFixture.holder(1)], .invalidRequest),
            (KeyFixture.placement(), [], [KeyFixture.holder(1)], .invalidRequest),
            (
                KeyFixture.placement(), KeyFixture.regions + [KeyFixture.regions[0]], [KeyFixture.holder(1)],
                .invalidRequest
            ),
        ]
        for (placement, regions, holders, code) in beginnings {
            var fresh = KeyFixture(initialized: false)
            #expect(fresh.apply(.initialize(placement: placement, regions: regions, holders: holders)).code == code)
            #expect(fresh.table.placement() == nil)
        }
    }

    @Test("An older incarnation of a holder is fenced, a later one admitted, and the last holder stays")
    func holders() {
        var fixture = KeyFixture()
        #expect(fixture.apply(.admitHolder(KeyFixture.holder(1, incarnation: 2))) == .accepted)
        #expect(fixture.apply(.removeHolder(replica: 1 << 16 | 1)) == .accepted)
        #expect(fixture.apply(.admitHolder(KeyFixture.holder(1))).code == .invalidRequest)
        #expect(fixture.apply(.removeHolder(replica: 2 << 16 | 1)) == .accepted)
        #expect(fixture.apply(.removeHolder(replica: 2 << 16 | 1)) == .accepted)
        #expect(fixture.apply(.removeHolder(replica: 3 << 16 | 1)) == .accepted)
        #expect(fixture.apply(.removeHolder(replica: 1 << 16 | 2)).code == .invalidRequest)
        #expect(fixture.table.holders().map(\.replica) == [1 << 16 | 2])
    }

    @Test("Policies are versioned, and a writer who saw an old version is refused")
    func policies() throws {
        var fixture = KeyFixture()
        let statement = try PolicyTests.statement("s", .allow, "spiffe://d/x", "use")
        #expect(
            fixture.apply(.putPolicy(Policy(name: "p", version: 3, statements: [statement]))).code
                == .generationConflict)
        #expect(fixture.apply(.putPolicy(Policy(name: "p", statements: [statement]))) == .accepted)
        #expect(fixture.apply(.putPolicy(Policy(name: "p", version: 1, statements: [statement]))) == .accepted)
        #expect(
            fixture.apply(.putPolicy(Policy(name: "p", version: 1, statements: [statement]))).code
                == .generationConflict)
        #expect(fixture.table.policy(named: "p")?.version == 2)
        let foreign = try PolicyTests.statement(
            "s", .allow, "spiffe://d/x", "use", keys: KeySelector(placement: PlacementName("us")))
        #expect(fixture.apply(.putPolicy(Policy(name: "q", statements: [foreign]))).code == .sovereigntyViolation)
        #expect(fixture.apply(.deletePolicy(name: "p")) == .accepted)
        #expect(fixture.table.policies().isEmpty)
    }

    @Test("Time never runs back")
    func clock() {
        var fixture = KeyFixture.withKey()
        fixture.now = 500
        let key = fixture.apply(KeyFixture.createKey("eu/acme/late", id: 9)).key
        #expect(key?.createdAt == 1_000)
        #expect(fixture.table.clock() == 1_000)
    }

    @Test(
        "A header out of bounds is refused",
        arguments: [
            CommandHeader(proposedAt: -1, principal: "x"), CommandHeader(proposedAt: 1, principal: ""),
            CommandHeader(proposedAt: 1, principal: "\u{7}"),
            CommandHeader(proposedAt: 1, principal: "x", idempotency: Idempotency(key: [], requestDigest: [1])),
            CommandHeader(
                proposedAt: 1, principal: "x",
                idempotency: Idempotency(key: [UInt8](repeating: 1, count: 65), requestDigest: [1])),
            CommandHeader(proposedAt: 1, principal: "x", idempotency: Idempotency(key: [1], requestDigest: [])),
        ])
    func header(_ header: CommandHeader) {
        var table = InMemoryKeyTable()
        let outcome = KeyStateMachine.apply(KeyCommand(KeyFixture.initialize, header: header), at: (1, 1), to: &table)
        #expect(outcome.code == .invalidRequest)
        #expect(table == InMemoryKeyTable())
    }

    @Test("A feature level of the future is not understood, so that the group can halt")
    func futureLevel() {
        let header = CommandHeader(proposedAt: 1, principal: "x")
        #expect(
            !KeyStateMachine.understands(
                KeyCommand(.raiseFeatureLevel(KeyStateMachine.highestFeatureLevel + 1), header: header)))
        #expect(
            KeyStateMachine.understands(
                KeyCommand(.raiseFeatureLevel(KeyStateMachine.highestFeatureLevel), header: header)))
    }
}
