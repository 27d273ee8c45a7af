import Raft
import Simulation
import Testing

@Suite("Linearizability of histories")
struct LinearizabilityTests {
    typealias Step = Recorded<Registers.Request, Registers.Answer>

    private func verdict(_ steps: [Step], budget: Int = 1_000_000) -> LinearizabilityVerdict {
        LinearizabilityChecker(Registers(), budget: budget).check(ClientHistory(steps))
    }

    // MARK: Known histories

    static let good: [(String, [Step])] = [
        ("nothing", []),
        ("one read of the beginning", [Step(0, .read, 0, 1, .value(0))]),
        (
            "an overlapping read may see the old value",
            [Step(0, .write(1), 0, 10, .done), Step(1, .read, 1, 2, .value(0))]
        ),
        (
            "an overlapping read may see the new value",
            [Step(0, .write(1), 0, 10, .done), Step(1, .read, 1, 2, .value(1))]
        ),
        (
            "overlapping writes have any order",
            [
                Step(0, .write(1), 0, 10, .done), Step(1, .write(2), 0, 10, .done), Step(2, .read, 11, 12, .value(1)),
                Step(2, .read, 13, 14, .value(1)),
            ]
        ),
        ("a lost write may have happened", [Step(0, .write(1), 0), Step(1, .read, 5, 6, .value(1))]),
        ("a lost write need not have happened", [Step(0, .write(1), 0), Step(1, .read, 5, 6, .value(0))]),
        (
            "a lost write may happen late",
            [Step(0, .write(1), 0), Step(1, .read, 5, 6, .value(0)), Step(1, .read, 7, 8, .value(1))]
        ),
        ("what ends as the next begins overlaps", [Step(0, .write(1), 0, 5, .done), Step(1, .read, 5, 6, .value(0))]),
        ("one of two swaps wins", [Step(0, .swap(0, 1), 0, 9, .failed), Step(1, .swap(0, 2), 0, 9, .done)]),
        (
            "a read may be stale by its bound",
            [Step(0, .write(1), 0, 5, .done), Step(1, .read, 8, 9, .value(0), staleness: 3)]
        ),
        (
            "registers are apart",
            [Step(0, .write(1), 0, 1, .done), Step(0, .read.on(1), 2, 3, .value(0)), Step(0, .read, 4, 5, .value(1))]
        ),
        (
            "revisions that fit",
            [
                Step(0, .write(1), 0, 9, .done, revision: 5), Step(1, .write(2), 0, 9, .done, revision: 4),
                Step(2, .read, 3, 9, .value(2), revision: 4), Step(2, .read, 10, 11, .value(1), revision: 7),
            ]
        ),
    ]

    @Test("Right histories are found right", arguments: good.indices)
    func right(place: Int) {
        let (name, steps) = Self.good[place]
        guard case .linearizable(let order) = verdict(steps) else {
            Issue.record("\(name): \(verdict(steps).violation?.diagram ?? "unknown")")
            return
        }
        let problem = Witness.problem(order, of: ClientHistory(steps), Registers())
        #expect(problem == nil, "\(name)")
        #expect(BruteForce.isLinearizable(ClientHistory(steps), Registers()), "\(name)")
    }

    /// With the operations that have to be shown.
    static let bad: [(String, [Step], [Int])] = [
        ("stale read", [Step(0, .write(1), 0, 5, .done), Step(1, .read, 6, 7, .value(0))], [0, 1]),
        ("value from nowhere", [Step(0, .write(1), 0, 5, .done), Step(1, .read, 3, 7, .value(2))], [0, 1]),
        (
            "a value that was seen is unseen",
            [Step(0, .write(1), 0, 20, .done), Step(1, .read, 1, 2, .value(1)), Step(2, .read, 3, 4, .value(0))],
            [0, 1, 2]
        ),
        (
            "two readers see two orders",
            [
                Step(0, .write(1), 0, 20, .done), Step(1, .write(2), 0, 20, .done), Step(2, .read, 1, 2, .value(1)),
                Step(3, .read, 1, 2, .value(2)), Step(2, .read, 3, 4, .value(2)), Step(3, .read, 3, 4, .value(1)),
            ], [0, 1, 2, 3, 4, 5]
        ),
        ("lost update", [Step(0, .swap(0, 1), 0, 9, .done), Step(1, .swap(0, 2), 0, 9, .done)], [0, 1]),
        (
            "a lost write comes and goes",
            [Step(0, .write(1), 0), Step(1, .read, 2, 3, .value(1)), Step(1, .read, 4, 5, .value(0))], [0, 1, 2]
        ),
        (
            "older than its bound", [Step(0, .write(1), 0, 5, .done), Step(1, .read, 9, 10, .value(0), staleness: 3)],
            [0, 1]
        ),
    ]

    @Test("Wrong histories are found wrong, and only what matters is shown", arguments: bad.indices)
    func wrong(place: Int) throws {
        let (name, steps, shown) = Self.bad[place]
        // Around it lies much that is in order: before, on another register, and behind.
        var padded: [Step] = []
        for number in 0..<30 {
            padded.append(
                Step(7, number.isMultiple(of: 2) ? .write(number) : .read, UInt64(number * 3), UInt64(number * 3 + 2)))
            padded[number].answer = number.isMultiple(of: 2) ? .done : .value(number - 1)
        }
        padded.append(Step(7, .write(0), 95, 96, .done))
        let first = padded.count
        for var step in steps {
            step.from += 100
            step.to? += 100
            padded.append(step)
        }
        for number in 0..<10 {
            padded.append(Step(8, .write(number).on(1), UInt64(60 + number * 9), UInt64(70 + number * 9), .done))
            padded.append(Step(9, .read, UInt64(200 + number * 9), UInt64(201 + number * 9), .value(77)))
        }
        let violation = try #require(verdict(steps).violation, "\(name)")
        #expect(violation.operations == shown, "\(name)\n\(violation.diagram)")
        #expect(violation.rule == .order)
        #expect(!BruteForce.isLinearizable(ClientHistory(steps), Registers()), "\(name)")
        let same = try #require(verdict(padded).violation, "\(name)")
        #expect(same.operations == shown.map { $0 + first }, "\(name)\n\(same.diagram)")
    }

    @Test("What is known not to have happened must not be seen")
    func withdrawn() {
        for value in [0, 1] {
            var history = ClientHistory<Registers.Request, Registers.Answer>()
            let write = history.invoke(.write(1), by: 0, at: 0)
            history.withdraw(write)
            let read = history.invoke(.read, by: 1, at: 5)
            history.answer(read, .value(value), at: 6)
            let verdict = LinearizabilityChecker(Registers()).check(history)
            #expect((verdict.violation == nil) == (value == 0))
            #expect(history.count == 2)
            #expect(history.operations.map(\.number) == [1])
        }
    }

    @Test("The first answer counts, an answered request cannot be withdrawn, and unknown numbers do no harm")
    func recording() {
        var history = ClientHistory<Registers.Request, Registers.Answer>()
        let read = history.invoke(.read, by: 0, at: 5)
        history.answer(read, .value(0), at: 3)
        history.answer(read, .value(9), at: 8)
        history.withdraw(read)
        history.answer(17, .done, at: 9)
        history.withdraw(-1)
        #expect(history.operations.map(\.reply?.answer) == [.value(0)])
        #expect(history.operations.map(\.reply?.at) == [5])
    }

    // MARK: Revisions

    @Test("Revisions contradict each other although some order explains the answers")
    func revisions() throws {
        let cases: [([Step], [Int])] = [
            // Two changes at one index.
            ([Step(0, .write(1), 0, 9, .done, revision: 5), Step(1, .write(2), 0, 9, .done, revision: 5)], [0, 1]),
            // A later read from an earlier state, although nothing changed between.
            (
                [
                    Step(0, .write(1), 0, 1, .done, revision: 5), Step(1, .read, 2, 3, .value(1), revision: 9),
                    Step(2, .read, 4, 5, .value(1), revision: 8),
                ], [1, 2]
            ),
            // A later change at an index that an earlier reader had applied.
            ([Step(0, .read, 0, 1, .value(0), revision: 5), Step(0, .write(1), 2, 3, .done, revision: 5)], [0, 1]),
            // The order of the log is not the one that the reader saw.
            (
                [
                    Step(0, .write(1), 0, 9, .done, revision: 5), Step(1, .write(2), 0, 9, .done, revision: 6),
                    Step(2, .read, 10, 11, .value(1), revision: 7),
                ], [0, 1, 2]
            ),
        ]
        for (steps, shown) in cases {
            let violation = try #require(verdict(steps).violation)
            #expect(violation.rule == .revisions)
            #expect(violation.operations == shown, "\(violation.diagram)")
            // Without revisions they are in order.
            let free = steps.map { Step($0.client, $0.request, $0.from, $0.to, $0.answer) }
            #expect(verdict(free).violation == nil)
        }
    }

    // MARK: Hard histories

    @Test("A search that would take ages ends by its budget, without a verdict", arguments: [1, 100, 20_000])
    func budget(steps: Int) {
        // 2^30 sets of writes, and a read that no order explains.
        var history = (0..<30).map { Step($0, .write($0 + 1), 0, 100, .done) }
        history.append(Step(99, .read, 101, 102, .value(77)))
        #expect(verdict(history, budget: steps) == .unknown)
        // What is wrong elsewhere is found nevertheless.
        let stale = [Step(0, .write(1).on(1), 0, 5, .done), Step(1, .read.on(1), 6, 7, .value(0))]
        #expect((verdict(history + stale, budget: steps).violation == nil) == (steps == 1))
    }

    @Test("Hundreds of lost writes and of reads are no hard history")
    func lostWrites() {
        var history = (0..<300).map { Step($0, .write($0 + 1), 0) }
        var time: UInt64 = 1
        for value in [5, 200, 7, 299] {
            for reader in 0..<50 { history.append(Step(reader, .read, time, time + 5, .value(value))) }
            time += 10
        }
        guard case .linearizable = verdict(history, budget: 200_000) else {
            Issue.record("no verdict")
            return
        }
        history.append(Step(0, .read, time, time + 1, .value(1000)))
        #expect(verdict(history, budget: 1_000).violation == nil)
    }

    @Test("Ten thousand operations on one register take hardly more steps than operations", arguments: [false, true])
    func long(withRevisions: Bool) throws {
        var generator = Randomness(seed: 5)
        var state: [Int: Int] = [:]
        var unique = 0
        let list = ClientSimulation<Registers.Request, Registers.Answer>(
            clients: 6, operations: 10_000, withRevisions: withRevisions, isReading: { $0.action == .read }
        ).run(&generator) { generator in
            unique += 1
            return generator.draw(below: 2) == 0 ? .read : .write(unique)
        } perform: {
            Registers().perform($0, on: &state)
        }
        guard case .linearizable(let order) = verdict(list, budget: 200_000) else {
            Issue.record("no verdict")
            return
        }
        #expect(order.count == list.count)
        #expect(Witness.problem(order, of: ClientHistory(list), Registers()) == nil)
        // Near its end a read is stale.
        var changed = list
        let place = try #require(changed.lastIndex { $0.request == .read && $0.from > 1000 })
        changed[place].answer = .value(1)
        let violation = try #require(verdict(changed, budget: 300_000).violation)
        #expect(violation.operations.contains(place))
    }
}
