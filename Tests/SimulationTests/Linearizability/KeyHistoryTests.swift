import KeyModel
import Raft
import Simulation
import Testing

@Suite("Linearizability of key histories")
struct KeyHistoryTests {
    typealias Step = Recorded<KeyRequest, KeyAnswer>

    private func verdict(_ steps: [Step], materialMayBeRefused: Bool = false, budget: Int = 1_000_000)
        -> LinearizabilityVerdict
    {
        let specification = KeySpecification(
            for: steps.map(\.request), materialMayBeRefused: materialMayBeRefused)
        return LinearizabilityChecker(specification, budget: budget).check(ClientHistory(steps))
    }

    // MARK: The specification

    @Test(
        "The specification answers as the state machine answers, request by request", arguments: 0..<8 as Range<UInt64>)
    func conformity(seed: UInt64) {
        var generator = Randomness(seed: seed)
        var source = KeyRequests()
        let requests = (0..<4_000).map { _ in source.next(&generator) }
        let specification = KeySpecification(for: requests)
        var real = RealKeys()
        var state = specification.initialState
        var kinds: Set<String> = []
        for request in requests {
            let answer = real.perform(request)
            let expected = specification.perform(request, on: &state)
            #expect(answer == expected, "\(specification.text(of: request))")
            guard answer == expected else { return }
            switch answer {
            case .key: kinds.insert("key")
            case .encrypted: kinds.insert("encrypted")
            case .decrypted: kinds.insert("decrypted")
            case .refused(let code): kinds.insert(code.rawValue)
            }
        }
        // All that may happen did.
        let all =
            ["key", "encrypted", "decrypted"]
            + [
                KMSError.Code.alreadyExists, .invalidRequest, .generationConflict, .invalidKeyState, .keyNotFound,
                .ciphertextRejected,
            ].map(\.rawValue)
        #expect(all.allSatisfy(kinds.contains), "\(kinds.sorted())")
    }

    @Test("A key has as many versions here as there")
    func quota() {
        var generation: UInt64 = 1
        var requests = [KeyRequest.orders(.create(id: KeyID(high: 0, low: 1), tags: []))]
        for version in 2...1_001 as ClosedRange<UInt32> {
            requests.append(.orders(.rotate(expected: generation)))
            requests.append(.orders(.activate(KeyVersionNumber(version))))
            generation += 2
        }
        let specification = KeySpecification(for: requests)
        var real = RealKeys()
        var state = specification.initialState
        var last: [KeyAnswer] = []
        for request in requests {
            last = [real.perform(request), specification.perform(request, on: &state)]
            #expect(last[0] == last[1])
        }
        #expect(last[0] == .refused(.keyNotFound))
        #expect(
            specification.perform(.orders(.rotate(expected: generation - 2)), on: &state) == .refused(.quotaExceeded))
    }

    @Test("Commands and outcomes become requests and answers")
    func conversion() throws {
        let header = CommandHeader(
            proposedAt: 5, principal: "ann", idempotency: Idempotency(key: [1], requestDigest: [2]))
        let rotate = try #require(
            KeyRequest(KeyCommand(.rotateKey(RealKeys.orders, expected: 4, wrapped: RealKeys.wrap), header: header)))
        #expect(rotate.action == .rotate(expected: 4))
        #expect(rotate.idempotency == header.idempotency)
        #expect(rotate.principal == "ann")
        #expect(KeyRequest(KeyCommand(.deletePolicy(name: "p"), header: header)) == nil)
        #expect(KeyAnswer(.rejected(.keyNotFound, "text")) == .refused(.keyNotFound))
        #expect(KeyAnswer(.accepted) == nil)
    }

    // MARK: Known mistakes

    private static let create = Step(
        0, .orders(.create(id: KeyID(high: 0, low: 1), tags: [])), 0, 1, .key(.made()))
    private static let tagged = KeyFacts.made {
        $0.generation = 2
        $0.tags = [.x]
    }

    @Test("A stale read")
    func staleRead() throws {
        let steps = [
            Self.create, Step(0, .orders(.setTags([.x])), 2, 3, .key(Self.tagged)),
            Step(1, .orders(.describe), 4, 5, .key(.made())),
        ]
        let violation = try #require(verdict(steps).violation)
        #expect(violation.operations == [1, 2])
        let expected = """
            These 2 operations have no order that explains every answer.
            The 1 before leave: eu/acme/orders 000001 generation 1, primary 1 of active.

            #1 client 0  |--|          eu/acme/orders: set tags [env=x] -> \
            000001 generation 2, primary 1 of active [env=x]
            #2 client 1        |--|    eu/acme/orders: describe -> 000001 generation 1, primary 1 of active

            An order begins #1: eu/acme/orders 000001 generation 2, primary 1 of active [env=x].
            Next #2 would be told: 000001 generation 2, primary 1 of active [env=x].

            """
        #expect(violation.diagram == expected)
    }

    @Test("A lost update: two changes count from one generation")
    func lostUpdate() throws {
        let other = KeyFacts.made {
            $0.generation = 2
            $0.tags = [.y]
        }
        let steps = [
            Self.create, Step(1, .orders(.setTags([.x])), 2, 9, .key(Self.tagged)),
            Step(2, .orders(.setTags([.y])), 3, 8, .key(other)),
        ]
        #expect(try #require(verdict(steps).violation).operations == [1, 2])
        // And two rotations that expect one generation.
        let rotated = KeyFacts.made {
            $0.generation = 2
            $0.versions = [.active, .preActive]
        }
        let rotations = [
            Self.create, Step(1, .orders(.rotate(expected: 1)), 2, 9, .key(rotated)),
            Step(2, .orders(.rotate(expected: 1)), 3, 8, .key(rotated)),
        ]
        #expect(try #require(verdict(rotations).violation).operations == [1, 2])
        var refused = rotations
        refused[1].answer = .refused(.generationConflict)
        #expect(verdict(refused).violation == nil)
    }

    @Test("A value from nowhere: tags that nobody set, a key that nobody made")
    func nowhere() throws {
        let steps = [Self.create, Step(1, .orders(.describe), 2, 3, .key(Self.tagged))]
        #expect(try #require(verdict(steps).violation).operations == [0, 1])
        let unmade = [Step(1, .orders(.describe), 2, 3, .key(.made()))]
        #expect(try #require(verdict(unmade).violation).operations == [0])
    }

    @Test("One idempotency key, applied twice")
    func appliedTwice() throws {
        let disabled = KeyFacts.made {
            $0.generation = 2
            $0.isEnabled = false
        }
        let enabled = KeyFacts.made { $0.generation = 3 }
        // The first answer is lost; another client enables the key; the request is repeated.
        func steps(_ repeated: KeyFacts) -> [Step] {
            [
                Self.create, Step(1, .orders(.disable, request: 7), 2),
                Step(2, .orders(.describe), 3, 4, .key(disabled)), Step(2, .orders(.enable), 5, 6, .key(enabled)),
                Step(1, .orders(.disable, request: 7), 7, 8, .key(repeated)),
            ]
        }
        #expect(verdict(steps(disabled)).violation == nil)
        let twice = KeyFacts.made {
            $0.generation = 4
            $0.isEnabled = false
        }
        let violation = try #require(verdict(steps(twice)).violation)
        #expect(violation.operations == [3, 4])
        #expect(violation.diagram.contains("disabled; request 07 is answered."), "\(violation.diagram)")
        // Without the promise it would be in order.
        var unpromised = steps(twice)
        for place in unpromised.indices { unpromised[place].request.idempotency = nil }
        #expect(verdict(unpromised).violation == nil)
    }

    @Test("An idempotency key is one caller's in one placement, over all keys, and for one request")
    func idempotencyScope() throws {
        var other = Step(1, .orders(.describe), 4, 5, .refused(.invalidRequest))
        other.request = KeyRequest(
            .create(id: KeyID(high: 0, low: 2), tags: []), of: RealKeys.bills, principal: "ann",
            idempotency: Idempotency(key: [7], requestDigest: [2]))
        var first = Self.create
        first.request.idempotency = Idempotency(key: [7], requestDigest: [1])
        #expect(verdict([first, other]).violation == nil)
        other.answer = .key(.made { $0.id = KeyID(high: 0, low: 2) })
        #expect(verdict([first, other]).violation != nil)
        other.request.principal = "bob"
        #expect(verdict([first, other]).violation == nil)
    }

    @Test("Reads on both sides of a failed write differ")
    func failedWrite() throws {
        let reads = [
            Step(1, .orders(.describe), 5, 6, .key(Self.tagged)), Step(2, .orders(.describe), 7, 8, .key(.made())),
        ]
        // The fate of the write is unknown: seen once, it stays.
        let unknown = [Self.create, Step(0, .orders(.setTags([.x])), 2)]
        #expect(try #require(verdict(unknown + reads).violation).operations == [1, 2, 3])
        #expect(verdict(unknown + [reads[0]]).violation == nil)
        #expect(verdict(unknown + [reads[1]]).violation == nil)
        // It was refused before it was proposed: nobody may see it.
        var history = ClientHistory(unknown)
        history.withdraw(1)
        let read = history.invoke(reads[0].request, by: 1, at: 5)
        history.answer(read, .key(Self.tagged), at: 6)
        #expect(LinearizabilityChecker(KeySpecification(for: [])).check(history).violation?.operations == [0, 2])
    }

    @Test("A revoked key still encrypts: wrong, unless it may be known so late")
    func revocation() {
        let disabled = KeyFacts.made {
            $0.generation = 2
            $0.isEnabled = false
        }
        func steps(_ staleness: UInt64) -> [Step] {
            [
                Self.create, Step(0, .orders(.disable), 10, 20, .key(disabled)),
                Step(
                    1, .orders(.encrypt(nil)), 50, 51, .encrypted(KeyID(high: 0, low: 1), .first),
                    staleness: staleness),
            ]
        }
        #expect(verdict(steps(0)).violation != nil)
        #expect(verdict(steps(29)).violation != nil)
        #expect(verdict(steps(30)).violation == nil)
    }

    @Test("What a tenant's key refuses is right only where it is allowed for, and changes nothing")
    func material() {
        let steps = [
            Self.create, Step(0, .orders(.rotate(expected: 1), request: 3), 2, 3, .refused(.generationConflict)),
            Step(0, .orders(.rotate(expected: 1), request: 3), 4, 5, .refused(.generationConflict)),
            Step(1, .orders(.describe), 6, 7, .key(.made())),
        ]
        #expect(verdict(steps).violation != nil)
        #expect(verdict(steps, materialMayBeRefused: true).violation == nil)
        var other = steps
        other[2].answer = .key(
            .made {
                $0.generation = 2
                $0.versions = [.active, .preActive]
            })
        #expect(verdict(other, materialMayBeRefused: true).violation != nil)
        let tags = [Self.create, Step(0, .orders(.setTags([.x])), 2, 3, .refused(.generationConflict))]
        #expect(verdict(tags, materialMayBeRefused: true).violation != nil)
    }

    // MARK: Random histories

    private func real(
        _ generator: inout Randomness, clients: Int, operations: Int, lost: Int, withRevisions: Bool,
        keys: [KeyName] = [RealKeys.orders, RealKeys.bills]
    ) -> [Step] {
        var source = KeyRequests()
        source.keys = keys
        source.repeated = 10
        var state = RealKeys()
        return ClientSimulation<KeyRequest, KeyAnswer>(
            clients: clients, operations: operations, lost: lost, withRevisions: withRevisions,
            isReading: { $0.isReading }
        ).run(&generator) {
            source.next(&$0)
        } perform: {
            state.perform($0)
        }
    }

    /// An answer that another request got, or the same with another generation.
    private func mutate(_ steps: [Step], _ generator: inout Randomness) -> [Step] {
        var changed = steps
        let answered = steps.indices.filter { steps[$0].to != nil }
        let place = answered[generator.draw(below: answered.count)]
        let others = answered.map { steps[$0].answer }.filter { $0 != steps[place].answer }
        if case .key(var facts) = steps[place].answer, others.isEmpty || generator.draw(below: 2) == 0 {
            facts.generation += 1
            changed[place].answer = .key(facts)
        } else {
            changed[place].answer = others.isEmpty ? .decrypted : others[generator.draw(below: others.count)]
        }
        return changed
    }

    @Test("Histories of the real state machine are right, and of changed answers nearly all are found")
    func mutations() {
        var generator = Randomness(seed: 52)
        var (found, unknown) = (0, 0)
        let rounds = 100
        for round in 0..<rounds {
            let steps = real(
                &generator, clients: 6, operations: 150, lost: round % 3 * 6, withRevisions: round % 2 == 1)
            let verdict = verdict(steps, budget: 100_000)
            guard case .linearizable = verdict else {
                Issue.record("round \(round): \(verdict.violation?.diagram ?? "no verdict")")
                continue
            }
            switch self.verdict(mutate(steps, &generator), budget: 100_000) {
            case .violated: found += 1
            case .unknown: unknown += 1
            case .linearizable: break
            }
        }
        #expect(found * 100 >= rounds * 95, "\(found) of \(rounds), \(unknown) unknown")
    }

    @Test("Small histories are judged as the definition judges them")
    func definition() {
        var generator = Randomness(seed: 53)
        var counts = (right: 0, wrong: 0)
        for round in 0..<2_000 {
            var steps = real(
                &generator, clients: 4, operations: 10, lost: round % 2 * 30, withRevisions: false,
                keys: [RealKeys.orders])
            // A key that exists makes more of so few requests.
            steps.removeAll {
                if case .create = $0.request.action { false } else { $0.answer == .refused(.keyNotFound) }
            }
            steps = Array(steps.prefix(7))
            guard steps.contains(where: { $0.to != nil }) else { continue }
            for steps in [steps, mutate(steps, &generator)] {
                let specification = KeySpecification(for: steps.map(\.request))
                let isRight = BruteForce.isLinearizable(ClientHistory(steps), specification)
                let verdict = LinearizabilityChecker(specification).check(ClientHistory(steps))
                #expect(verdict != .unknown && (verdict.violation == nil) == isRight)
                if isRight { counts.right += 1 } else { counts.wrong += 1 }
            }
        }
        #expect(counts.right > 500 && counts.wrong > 500, "\(counts)")
    }

    @Test("Thousands of operations with a hundred lost ones are no hard history")
    func long() {
        var generator = Randomness(seed: 54)
        let steps = real(
            &generator, clients: 8, operations: 4_000, lost: 3, withRevisions: false, keys: [RealKeys.orders])
        #expect(steps.count { $0.to == nil } > 100)
        guard case .linearizable = verdict(steps) else {
            Issue.record("\(verdict(steps).violation?.diagram ?? "no verdict")")
            return
        }
    }
}
