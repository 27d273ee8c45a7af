// swift-format-ignore-file: NeverUseForceTry

// Fixed names and numbers: a test that cannot make them should stop at once.
import KeyModel
import Testing

@Suite struct IdempotencyTests {
    let token = Idempotency(key: [1, 2], requestDigest: [3])

    @Test("A repeated request gets its first answer, even with new ids, wraps and time")
    func repeated() {
        var fixture = KeyFixture.withKey()
        let first = fixture.apply(KeyFixture.createKey("eu/acme/a", id: 5), idempotency: token)
        #expect(first.key != nil)
        fixture.now += 1_000
        _ = fixture.apply(.disableKey(try! KeyName(parsing: "eu/acme/a")))
        for id in 6...9 as ClosedRange<UInt64> {
            #expect(fixture.apply(KeyFixture.createKey("eu/acme/a", id: id), idempotency: token) == first)
        }
        #expect(fixture.table.idempotencyCount() == 1)
    }

    @Test("A refusal is repeated too")
    func refusal() {
        var fixture = KeyFixture.withKey()
        let name = try! KeyName(parsing: "eu/acme/a")
        #expect(fixture.apply(.disableKey(name), idempotency: token).code == .keyNotFound)
        _ = fixture.apply(KeyFixture.createKey("eu/acme/a", id: 5))
        #expect(fixture.apply(.disableKey(name), idempotency: token).code == .keyNotFound)
    }

    @Test("One key for two requests is refused; another principal has keys of his own")
    func mismatch() {
        var fixture = KeyFixture.withKey()
        _ = fixture.apply(KeyFixture.createKey("eu/acme/a", id: 5), idempotency: token)
        let other = Idempotency(key: token.key, requestDigest: [4])
        #expect(fixture.apply(KeyFixture.createKey("eu/acme/b", id: 6), idempotency: other).code == .invalidRequest)
        #expect(
            fixture.apply(
                KeyFixture.createKey("eu/acme/b", id: 6), principal: "spiffe://d/operator/bob", idempotency: other
            ).key != nil)
    }

    @Test("After a day the key is free again")
    func retention() {
        var fixture = KeyFixture.withKey()
        _ = fixture.apply(KeyFixture.createKey("eu/acme/a", id: 5), idempotency: token)
        fixture.now += KeyStateMachine.idempotencyRetention - 1
        #expect(fixture.apply(KeyFixture.createKey("eu/acme/a", id: 6), idempotency: token).key != nil)
        fixture.now += 1
        #expect(fixture.apply(KeyFixture.createKey("eu/acme/a", id: 6), idempotency: token).code == .alreadyExists)
        #expect(fixture.table.idempotencyCount() == 1)
    }

    @Test("The number of records is bounded; the oldest goes first")
    func bounded() {
        var fixture = KeyFixture.withKey()
        func token(_ number: Int) -> Idempotency {
            Idempotency(key: [UInt8(number >> 8), UInt8(number & 255)], requestDigest: [1])
        }
        for number in 0...KeyStateMachine.mostIdempotencyRecords {
            _ = fixture.apply(.enableKey(KeyFixture.orders), idempotency: token(number))
        }
        #expect(fixture.table.idempotencyCount() == KeyStateMachine.mostIdempotencyRecords)
        let principal = "spiffe://d/operator/ann"
        #expect(fixture.table.idempotencyRecord(principal: principal, key: token(0).key) == nil)
        #expect(fixture.table.idempotencyRecord(principal: principal, key: token(1).key) != nil)
    }

    @Test(
        "The same commands give the same rows and outcomes, whoever reads in between", arguments: [1, 2, 3] as [UInt64])
    func determinism(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var one = KeyFixture.withKey()
        var other = KeyFixture.withKey()
        for step in 0..<400 {
            let name = "eu/acme/\(random.pick(["a", "b", "c", "orders"]))"
            let parsed = try! KeyName(parsing: name)
            let body: KeyCommand.Body = random.pick([
                KeyFixture.createKey(name, id: UInt64(step) + 10), .disableKey(parsed), .enableKey(parsed),
                .rotateKey(parsed, expected: random.next() % 5, wrapped: KeyFixture.wrap()),
                .activateVersion(parsed, KeyVersionNumber(UInt32(random.next() % 4))),
                .setTags(parsed, [KeyTag(key: random.pick(["x", "y"]), value: "1")]),
                .removeHolder(replica: 3 << 16 | 1),
                .admitHolder(KeyFixture.holder(3)), .retireEpoch(.first),
            ])
            let token = random.flip() ? Idempotency(key: [UInt8(random.next() % 50)], requestDigest: [1]) : nil
            one.now += Int64(random.next() % 1_000)
            other.now = one.now
            // Reads in another order must not matter.
            _ = other.table.policies()
            _ = other.table.holders()
            _ = other.table.key(named: parsed)
            #expect(one.apply(body, idempotency: token) == other.apply(body, idempotency: token))
        }
        #expect(one.table == other.table)
    }
}
