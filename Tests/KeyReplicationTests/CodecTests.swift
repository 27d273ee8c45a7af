import Cluster
import KeyModel
import KeyReplication
import Testing

@Suite struct CodecTests {
    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static let directoryBodies: [DirectoryCommand.Body] = {
        let node = DirectoryNode(
            name: "n1", number: 1, incarnation: 1, region: "eu-west", storeID: [UInt8](repeating: 1, count: 16),
            sealingKey: [1],
            peerEndpoint: "a:1", apiEndpoint: "a:2")
        return [
            .bootstrap(
                cluster: [UInt8](repeating: 7, count: 16), regions: ReplicaFixture.regions, nodes: [node],
                operators: ["spiffe://d/operator/*"]),
            .registerNode(node), .renewNode(node), .putRegion(ReplicaFixture.regions[0]),
            .putPlacement(Placement(name: ReplicaFixture.name.placement, allowedJurisdictions: ["EU"], survive: .node)),
            .putGroup(DirectoryGroup(id: 2, placement: ReplicaFixture.name.placement, replicas: [65537])),
            .setGroupReplicas(id: 2, replicas: [65537]), .removeNode(number: 1),
        ]
    }()

    @Test("Every key command comes back from its bytes", arguments: ReplicaFixture.bodies.indices)
    func keyCommands(row: Int) throws {
        let token = row % 2 == 0 ? Idempotency(key: [1], requestDigest: [2]) : nil
        let command = ReplicaFixture.command(ReplicaFixture.bodies[row], idempotency: token)
        #expect(try KeyCommandCodec.decode(KeyCommandCodec.encode(command)) == command)
    }

    @Test("Every directory command comes back from its bytes", arguments: directoryBodies.indices)
    func directoryCommands(row: Int) throws {
        let command = DirectoryCommand(Self.directoryBodies[row], header: CommandHeader(proposedAt: 5, principal: "x"))
        #expect(try DirectoryCommandCodec.decode(DirectoryCommandCodec.encode(command)) == command)
    }

    static let header = CommandHeader(proposedAt: 5, principal: "x")

    @Test(
        "The bytes of commands are fixed for ever",
        arguments: [
            (.activateEpoch(.first), "0a0508051201784001"),
            (.raiseFeatureLevel(1), "0a050805120178980101"),
            (.disableKey(ReplicaFixture.name), "0a05080512017872120a02657512046163" + "6d651a066f7264657273"),
            (.removeHolder(replica: 65537), "0a05080512017820818004"),
        ] as [(KeyCommand.Body, String)])
    func golden(body: KeyCommand.Body, expected: String) {
        #expect(Self.hex(KeyCommandCodec.encode(KeyCommand(body, header: Self.header))) == expected)
    }

    @Test("The bytes of a key's row are fixed for ever")
    func goldenKey() {
        let version = KeyVersion(
            number: .first, state: .active, wrapped: ReplicaFixture.wrap(.tenantKey(.first)), createdAt: 1_000,
            activatedAt: 1_000)
        let key = Key(
            id: KeyID(high: 0, low: 1), name: ReplicaFixture.name, algorithm: .aes256, createdAt: 1_000,
            versions: [version],
            tags: [KeyTag(key: "a", value: "1")])
        let expected =
            "0a1000000000000000000000000000000001" + "12026575" + "1a0461636d65" + "22066f7264657273" + "2801"
            + "30e807" + "3801" + "4001"
            + "4a16" + "0801" + "12020802" + "1a080a04010203041801" + "20e807" + "28e807" + "52060a016112" + "0131"
            + "5801"
        #expect(Self.hex(key.bytes) == expected)
    }

    @Test(
        "A version comes back from its row in the state that it was in; above all a destroyed one",
        arguments: [
            .preActive, .active, .suspended, .deactivated, .compromised,
            .pendingDestruction(deadline: 5, compromised: false), .pendingDestruction(deadline: 5, compromised: true),
            .destroyed,
        ] as [KeyState])
    func versionStates(state: KeyState) throws {
        let wrapped = state == .destroyed ? nil : ReplicaFixture.wrap(.tenantKey(.first))
        let version = KeyVersion(number: .first, state: state, wrapped: wrapped, createdAt: 1_000)
        let key = Key(
            id: KeyID(high: 0, low: 1), name: ReplicaFixture.name, algorithm: .aes256, createdAt: 1_000,
            versions: [version])
        #expect(try Key(bytes: key.bytes) == key)
    }

    @Test("The bytes of a policy's row are fixed for ever")
    func goldenPolicy() throws {
        let statement = PolicyStatement(
            id: "s", effect: .forbid, principals: [try PrincipalPattern(parsing: "spiffe://d/w")],
            actions: [.action(.decrypt)])
        let policy = Policy(name: "p", version: 3, statements: [statement], document: "# a\n")
        let expected =
            "0a0170" + "1003" + "1a1e" + "0a0173" + "1002" + "1a0c7370696666653a2f2f642f77"
            + "220764656372797074" + "2a00" + "22042320610a"
        #expect(Self.hex(policy.bytes) == expected)
    }

    @Test("Outcomes come back from the bytes of their records")
    func outcomes() throws {
        let all: [CommandOutcome] = [
            .accepted, .rejected(.invalidKeyState, "no"),
            .epoch(Epoch(number: .first, keyCheckValue: [1], createdAt: 4)),
        ]
        for outcome in all {
            let record = IdempotencyRecord(
                principal: "p", key: [1], requestDigest: [2], outcome: outcome, index: 7, at: 8)
            #expect(try IdempotencyRecord(bytes: record.bytes) == record)
        }
        #expect(throws: CodecError.self) { try IdempotencyRecord(bytes: []) }
    }

    @Test(
        "What a newer program adds is not understood",
        arguments: [
            [], [0x0a, 0x00], [0x0a, 0x05, 0x08, 0x05, 0x12, 0x01, 0x78, 0x40, 0x01, 0xf8, 0x07, 0x01],
            [0x0a, 0x08, 0x08, 0x05, 0x12, 0x01, 0x78, 0xf8, 0x07, 0x01, 0x40, 0x01], [0xff],
        ] as [[UInt8]])
    func unknown(payload: [UInt8]) {
        #expect(throws: CodecError.self) { try KeyCommandCodec.decode(payload) }
        #expect(throws: CodecError.self) { try DirectoryCommandCodec.decode(payload) }
        guard case .halt(_) = ReplicaFixture().apply(payload: payload) else {
            Issue.record("the group went on")
            return
        }
    }

    @Test(
        "Damaged commands never trap: they are refused, or are commands in full",
        arguments: ReplicaFixture.bodies.indices)
    func mutation(row: Int) throws {
        var seed = UInt64(row) + 1
        func next() -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return seed >> 33
        }
        let good = KeyCommandCodec.encode(ReplicaFixture.command(ReplicaFixture.bodies[row]))
        var refused = 0
        let fixture = ReplicaFixture()
        try fixture.applyAll()
        for _ in 0..<300 {
            var bytes = good
            for _ in 0...(next() % 3) { bytes[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next()) }
            if next() % 4 == 0 { bytes.removeLast(Int(next() % UInt64(bytes.count))) }
            do {
                let command = try KeyCommandCodec.decode(bytes)
                #expect(KeyCommandCodec.encode(command) == bytes)
                _ = fixture.apply(payload: bytes)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0)
        #expect(fixture.replica.view.damage == nil)
    }
}
