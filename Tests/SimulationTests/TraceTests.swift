import Raft
import Simulation
import Testing

@Suite("Traces")
struct TraceTests {
    private static let append = TraceStep(
        number: 1, time: 5, node: 1, group: 7, kind: .send(message: 99, to: 3), text: "append 4/9")
    private static let split = TraceStep(number: 2, time: 6, node: nil, kind: .fault, text: "partition {1} {2,3}")

    private func trace(_ steps: [TraceStep], keeping: Trace.Keeping = .nothing) -> Trace {
        var trace = Trace(nodes: 3, keeping: keeping)
        for step in steps {
            trace.begin(at: step.time)
            trace.record(step.kind, node: step.node, group: step.group, step.text)
        }
        return trace
    }

    // MARK: The hash

    @Test("The hash is the one that another program computes from its description")
    func vectors() {
        var hash = TraceHash()
        #expect(hash.description == "627e87fa24f4039b373e9bc7bf89d99e")
        hash.absorb(1)
        #expect(hash.description == "670b49723170178b8b7ac88d9cb89572")
        hash.absorb(0x0123_4567_89AB_CDEF)
        #expect(hash.description == "e607352e3dac80d37d0f0f91b62b1289")
        #expect(trace([Self.append, Self.split]).hash.description == "8bdd806488910edbaba4b7f1b73558e5")
    }

    @Test("A change of any part of a step but its words changes the hash")
    func everyPart() {
        var changed: [TraceStep] = []
        func add(_ change: (inout TraceStep) -> Void) {
            var step = Self.append
            change(&step)
            changed.append(step)
        }
        add { _ in }
        add { $0.time = 6 }
        add { $0.node = 2 }
        add { $0.node = nil }
        add { $0.node = 0 }
        add { $0.group = 0 }
        add { $0.group = nil }
        let kinds: [TraceStep.Kind] = [
            .local, .send(message: 98, to: 3), .send(message: 99, to: 2), .receive(message: 99, from: 3),
            .drop(message: 99, from: 3), .crash, .restart, .pause, .resume, .fault, .management, .client,
        ]
        for kind in kinds { add { $0.kind = kind } }
        #expect(Set(changed.map { trace([$0]).hash }).count == changed.count)
        #expect(trace([Self.append, Self.split]).hash != trace([Self.split, Self.append]).hash)
    }

    @Test("What is kept for a reader changes no hash, and what is not kept costs no words")
    func keeping() {
        var calls = 0
        func words() -> String {
            calls += 1
            return "words"
        }
        var hashes: Set<TraceHash> = []
        for keeping in [Trace.Keeping.nothing, .init(steps: 1), .init(steps: 9), .init(steps: 9, routine: true)] {
            var trace = Trace(nodes: 3, keeping: keeping)
            let before = calls
            trace.begin(at: 1)
            trace.record(.local, node: 1, words())
            trace.record(.receive(message: 1, from: 2), node: 1, isRoutine: true, words())
            trace.record(.crash, node: 4, words())
            hashes.insert(trace.hash)
            #expect(calls - before == trace.steps.count)
            #expect(trace.steps.count == (keeping.steps == 0 ? 0 : keeping.routine ? 2 : 1))
        }
        #expect(hashes.count == 1)
    }

    @Test("One bit of input turns about half of the bits of the hash")
    func avalanche() {
        var generator = Randomness(seed: 11)
        var turned = Array(repeating: 0, count: 128)
        let rounds = 200
        for _ in 0..<rounds {
            let word = generator.next()
            for bit in 0..<64 {
                var (one, other) = (TraceHash(), TraceHash())
                one.absorb(word)
                other.absorb(word ^ 1 << UInt64(bit))
                let differences = [one.words.0 ^ other.words.0, one.words.1 ^ other.words.1]
                for place in 0..<128 where differences[place / 64] >> UInt64(place % 64) & 1 == 1 { turned[place] += 1 }
            }
        }
        for count in turned { #expect((45...55).contains(count * 100 / (rounds * 64))) }
    }

    @Test("A million short histories have a million hashes, in each half")
    func collisions() {
        var first: Set<UInt64> = []
        var second: Set<UInt64> = []
        for value in 0..<UInt64(1_000_000) {
            var hash = TraceHash()
            hash.absorb(value & 1023)
            hash.absorb(value >> 10)
            first.insert(hash.words.0)
            second.insert(hash.words.1)
        }
        #expect(first.count == 1_000_000)
        #expect(second.count == 1_000_000)
    }

    // MARK: The last steps

    @Test("The last steps of every node are kept, in one order")
    func rings() {
        var trace = Trace(nodes: 2, keeping: Trace.Keeping(steps: 3))
        for number in 1...10 {
            trace.begin(at: UInt64(number))
            trace.record(.local, node: number.isMultiple(of: 3) ? 2 : 1, "\(number)")
        }
        trace.record(.fault, node: nil, "split")
        #expect(trace.steps(of: 1).map(\.text) == ["7", "8", "10"])
        #expect(trace.steps(of: 2).map(\.text) == ["3", "6", "9"])
        #expect(trace.steps.map(\.text) == ["3", "6", "7", "8", "9", "10", "split"])
        #expect(trace.steps.map(\.number) == [3, 6, 7, 8, 9, 10, 10])
        #expect(trace.count == 10)
    }

    @Test("What is not kept is in the hash all the same", arguments: [UInt16(0), 4, 65_535])
    func unknownNodes(node: UInt16) {
        let trace = trace([TraceStep(time: 1, node: node, kind: .crash)], keeping: Trace.Keeping(steps: 3))
        #expect(trace.steps.isEmpty)
        #expect(trace.steps(of: node).isEmpty)
        #expect(trace.count == 1)
        #expect(trace.hash != self.trace([TraceStep(time: 1, node: node, kind: .restart)]).hash)
    }

    // MARK: Lines

    @Test("A line for each step: number, seconds, node, what")
    func lines() {
        var steps = [Self.append, Self.split]
        steps += (3...10).map { TraceStep(time: $0 * 1_000_000_000, node: 2, kind: .pause) }
        let lines = trace(steps, keeping: Trace.Keeping(steps: 2)).lines
        let expected = """
             1   0.000000  n1  ->n3 #99 g7 append 4/9
             2   0.000000  --  FAULT partition {1} {2,3}
             9   9.000000  n2  PAUSE
            10  10.000000  n2  PAUSE

            """
        #expect(lines == expected)
        #expect(trace([]).lines == "")
    }

    // MARK: The table

    @Test("A table of three nodes")
    func table() {
        let steps = [
            TraceStep(time: 1_000_000, node: 1, group: 7, kind: .send(message: 17, to: 2), text: "append 4/9"),
            TraceStep(time: 1_000_000, node: 3, kind: .local, text: "tick"),
            TraceStep(time: 1_250_000, node: 2, group: 7, kind: .receive(message: 17, from: 1), text: "append 4/9"),
            TraceStep(time: 2_000_000, node: nil, kind: .fault, text: "partition {1} {2,3}"),
            TraceStep(time: 3_000_000_000, node: 2, kind: .crash),
            TraceStep(time: 3_000_000_000, node: 3, kind: .pause),
            TraceStep(time: 3_500_000_000, node: 1, kind: .local, text: "steps down: no quorum in its term"),
            TraceStep(time: 4_000_000_000, node: 2, kind: .restart),
        ]
        let expected = """
            time (s)        n1                   n2                   n3
            0.001000       * ->n2 #17 g7 append |                    * tick
                           | 4/9                |                    |
            0.001250       |                    * <-n1 #17 g7 append |
                           |                    | 4/9                |
            0.002000        === FAULT partition {1} {2,3} ================================
            3.000000       |                    * CRASH              * PAUSE
            3.500000       * steps down: no                          :
                           | quorum in its term                      :
            4.000000       |                    * RESTART            :

            """
        #expect(SpaceTimeTable(nodes: 3, width: 78).text(of: steps) == expected)
    }

    @Test("A message sent and received at one time takes two rows")
    func sameTime() {
        let table = SpaceTimeTable(nodes: 2, width: 80).text(of: [
            TraceStep(time: 1, node: 1, kind: .send(message: 1, to: 2)),
            TraceStep(time: 1, node: 2, kind: .receive(message: 1, from: 1)),
        ])
        #expect(table.split(separator: "\n").count == 3)
    }

    @Test("Nine nodes fit into the width that is asked for, whatever the words", arguments: [150, 180, 200])
    func nine(width: Int) {
        var generator = Randomness(seed: 3)
        let steps = (0..<400).map { number in
            TraceStep(
                time: UInt64(number) * 1_000_000_007, node: UInt16(generator.draw(below: 9)) + 1, group: 65_535,
                kind: .receive(message: generator.next() >> 20, from: UInt16(generator.draw(below: 9)) + 1),
                text: String(repeating: "word ", count: generator.draw(below: 9))
                    + String(repeating: "x", count: generator.draw(below: 60)))
        }
        let table = SpaceTimeTable(nodes: 9, width: width).text(of: steps)
        #expect(table.split(separator: "\n").allSatisfy { $0.count <= width })
        // Nothing is lost by wrapping.
        let words = steps.map { $0.text.count { $0 == "x" } }.reduce(0, +)
        #expect(table.count { $0 == "x" } == words)
    }

    @Test("Odd input makes an odd table, and no harm")
    func oddInput() {
        let odd = [
            TraceStep(time: .max, node: 9, kind: .crash, text: "a\nb\u{1b}[2J"),
            TraceStep(time: 0, node: 0, kind: .local), TraceStep(time: 0, node: 1, kind: .local),
            TraceStep(time: 1, node: nil, kind: .fault, text: String(repeating: "long ", count: 100)),
        ]
        for nodes in [-1, 0, 1, 2] {
            let table = SpaceTimeTable(nodes: nodes, width: 0).text(of: odd)
            #expect(!table.contains("\u{1b}"))
            #expect(table.hasSuffix("\n"))
        }
    }
}
