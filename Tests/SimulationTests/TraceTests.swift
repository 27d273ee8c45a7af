import Raft
import Simulation
import Testing

@Suite("Traces")
struct TraceTests {
    private static let append = TraceStep(
        time: 5, node: 1, group: 7, kind: .send(message: 99, to: 3), text: "append 4/9")
    private static let split = TraceStep(time: 6, node: nil, kind: .fault, text: "partition {1} {2,3}")

    // MARK: The hash

    @Test("The hash is the one that another program computes from its description")
    func vectors() {
        var hash = TraceHash()
        #expect(hash.description == "627e87fa24f4039b373e9bc7bf89d99e")
        hash.absorb(1)
        #expect(hash.description == "670b49723170178b8b7ac88d9cb89572")
        hash.absorb("rotate eu/acme/orders")
        #expect(hash.description == "23a15d26e950f1d991a2668dc9454719")
        var trace = Trace(nodes: 3, keeping: 1)
        trace.record(Self.append)
        trace.record(Self.split)
        #expect(trace.hash.description == "806e11d48def35a79562d8affdaacb46")
    }

    @Test("A change of any part of a step changes the hash")
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
        add { $0.text = "append 4/8" }
        add { $0.text = "" }
        let kinds: [TraceStep.Kind] = [
            .local, .send(message: 98, to: 3), .send(message: 99, to: 2), .receive(message: 99, from: 3),
            .drop(message: 99, from: 3), .crash, .restart, .pause, .resume, .fault, .client,
        ]
        for kind in kinds { add { $0.kind = kind } }
        let hashes = changed.map { step in
            var trace = Trace(nodes: 3, keeping: 0)
            trace.record(step)
            return trace.hash
        }
        #expect(Set(hashes).count == changed.count)
    }

    @Test("Texts do not run into each other, and order counts")
    func boundaries() {
        func hash(_ texts: [String]) -> TraceHash {
            var hash = TraceHash()
            for text in texts { hash.absorb(text) }
            return hash
        }
        let lists = [
            ["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], ["c", "ab"], ["\0abc"], ["abc\0"],
        ]
        #expect(Set(lists.map(hash)).count == lists.count)
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
        var trace = Trace(nodes: 2, keeping: 3)
        for number in 1...10 {
            trace.record(
                TraceStep(time: UInt64(number), node: number.isMultiple(of: 3) ? 2 : 1, kind: .local, text: "\(number)")
            )
        }
        trace.record(Self.split)
        #expect(trace.steps(of: 1).map(\.text) == ["7", "8", "10"])
        #expect(trace.steps(of: 2).map(\.text) == ["3", "6", "9"])
        #expect(trace.steps.map(\.text) == ["3", "6", "7", "8", "9", "10", Self.split.text])
        #expect(trace.count == 11)
    }

    @Test("What is not kept is in the hash all the same", arguments: [UInt16(0), 4, 65_535])
    func unknownNodes(node: UInt16) {
        var trace = Trace(nodes: 3, keeping: 3)
        trace.record(TraceStep(time: 1, node: node, kind: .crash))
        #expect(trace.steps.isEmpty)
        #expect(trace.steps(of: node).isEmpty)
        #expect(trace.count == 1)
        #expect(trace.hash != TraceHash())
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
