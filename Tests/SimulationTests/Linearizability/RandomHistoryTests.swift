import Raft
import Simulation
import Testing

@Suite("Linearizability of random histories")
struct RandomHistoryTests {
    typealias Step = Recorded<Registers.Request, Registers.Answer>

    /// Few values, so that wrong answers are often right in another order.
    private func request(_ generator: inout Randomness, registers: Int = 2, values: Int = 3) -> Registers.Request {
        let register = generator.draw(below: registers)
        let value = generator.draw(below: values)
        return switch generator.draw(below: 4) {
        case 0, 1: .read.on(register)
        case 2: .write(value).on(register)
        default: .swap(generator.draw(below: values), value).on(register)
        }
    }

    private func real(
        _ generator: inout Randomness, clients: Int, operations: Int, lost: Int, withRevisions: Bool = false
    ) -> [Step] {
        var state: [Int: Int] = [:]
        return ClientSimulation<Registers.Request, Registers.Answer>(
            clients: clients, operations: operations, lost: lost, withRevisions: withRevisions,
            isReading: { $0.action == .read }
        ).run(&generator) {
            request(&$0)
        } perform: {
            Registers().perform($0, on: &state)
        }
    }

    /// Another answer in one place, one that the request may have.
    private func mutate(_ steps: [Step], _ generator: inout Randomness) -> [Step]? {
        let candidates = steps.indices.filter { place in
            if case .write = steps[place].request.action { return false }
            return steps[place].to != nil
        }
        guard !candidates.isEmpty else { return nil }
        let place = candidates[generator.draw(below: candidates.count)]
        var changed = steps
        switch steps[place].answer {
        case .value(let value): changed[place].answer = .value((value + 1 + generator.draw(below: 2)) % 3)
        case .done: changed[place].answer = .failed
        case .failed: changed[place].answer = .done
        case nil: return nil
        }
        return changed
    }

    private func verdict(_ steps: [Step]) -> LinearizabilityVerdict {
        LinearizabilityChecker(Registers(), budget: 100_000).check(ClientHistory(steps))
    }

    @Test("Small histories, real ones and changed ones, are judged as the definition judges them")
    func definition() throws {
        var generator = Randomness(seed: 41)
        var counts = (right: 0, wrong: 0, lossy: 0)
        for round in 0..<6_000 {
            let lost = [0, 25, 50][round % 3]
            let steps = real(
                &generator, clients: 2 + generator.draw(below: 3), operations: 3 + generator.draw(below: 5), lost: lost)
            var cases = [steps]
            for _ in 0..<2 {
                if let changed = mutate(cases[cases.count - 1], &generator) { cases.append(changed) }
            }
            for (number, steps) in cases.enumerated() {
                let history = ClientHistory(steps)
                let isRight = BruteForce.isLinearizable(history, Registers())
                #expect(number > 0 || isRight)
                let verdict = verdict(steps)
                switch verdict {
                case .linearizable(let order):
                    let problem = Witness.problem(order, of: history, Registers())
                    #expect(isRight && problem == nil)
                case .violated(let violation):
                    #expect(!isRight && violation.rule == .order, "\(violation.diagram)")
                case .unknown: Issue.record("no verdict")
                }
                if isRight { counts.right += 1 } else { counts.wrong += 1 }
                if steps.contains(where: { $0.to == nil }) { counts.lossy += 1 }
            }
        }
        // Both answers were put to the test, often.
        #expect(counts.right > 5_000 && counts.wrong > 3_000 && counts.lossy > 3_000, "\(counts)")
    }

    @Test("What is shown of a wrong history is wrong by itself, and right without any of its reads")
    func cores() throws {
        var generator = Randomness(seed: 43)
        var count = 0
        for _ in 0..<1_500 {
            let steps = real(&generator, clients: 4, operations: 14, lost: 0)
            guard let changed = mutate(steps, &generator), let violation = verdict(changed).violation,
                violation.operations.count <= 8, !violation.diagram.contains("before leave")
            else { continue }
            count += 1
            let shown = violation.operations.map { number in
                var step = changed[number]
                if isOpen(number, in: violation) { step.to = nil }
                return step
            }
            #expect(!BruteForce.isLinearizable(ClientHistory(shown), Registers()), "\(violation.diagram)")
            for place in shown.indices where shown[place].request.action == .read {
                var fewer = shown
                fewer.remove(at: place)
                #expect(BruteForce.isLinearizable(ClientHistory(fewer), Registers()), "\(violation.diagram)")
            }
        }
        #expect(count > 100, "\(count)")
    }

    /// Whether the diagram shows it without an answer.
    private func isOpen(_ number: Int, in violation: LinearizabilityViolation) -> Bool {
        violation.diagram.split(separator: "\n").contains { $0.hasPrefix("#\(number) ") && $0.hasSuffix("by then") }
    }

    @Test("Histories of a real object are right, with and without revisions; one changed answer is mostly found")
    func mutations() throws {
        var generator = Randomness(seed: 42)
        var (changes, found) = (0, 0)
        for round in 0..<300 {
            let steps = real(
                &generator, clients: 5, operations: 200, lost: round % 2 * 4, withRevisions: round % 4 > 1)
            let verdict = verdict(steps)
            guard case .linearizable(let order) = verdict else {
                Issue.record("round \(round): \(verdict.violation?.diagram ?? "no verdict")")
                continue
            }
            #expect(Witness.problem(order, of: ClientHistory(steps), Registers()) == nil)
            guard let changed = mutate(steps, &generator) else { continue }
            changes += 1
            if self.verdict(changed).violation != nil { found += 1 }
        }
        #expect(changes == 300)
        // The rest is right in another order: a change is no mistake where an overlapping write explains it.
        #expect(found * 100 >= changes * 70, "\(found) of \(changes)")
    }

    @Test("The same history gives the same verdict to the letter, in this process and in any other")
    func determinism() throws {
        func hash() -> TraceHash {
            var generator = Randomness(seed: 44)
            var hash = TraceHash()
            for round in 0..<150 {
                let steps = real(&generator, clients: 4, operations: 40, lost: round % 3 * 5)
                guard let changed = mutate(steps, &generator) else { continue }
                switch verdict(changed) {
                case .linearizable(let order): for number in order { hash.absorb(UInt64(number)) }
                case .violated(let violation): hash.absorb(violation.diagram)
                case .unknown: hash.absorb(7)
                }
            }
            return hash
        }
        #expect(hash() == hash())
        #expect(hash().description == "7db1e0b1ebbe96e60ef54047a8867f8a")
    }
}
