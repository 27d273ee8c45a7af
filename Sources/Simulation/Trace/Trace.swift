/// What happened in one run: a hash of all of it, and the last steps of every node for a reader.
package struct Trace: Sendable {
    /// Which steps are kept for a reader. The hash is of all steps, whatever is kept.
    package struct Keeping: Hashable, Sendable {
        /// The last so many steps of each node, and as many that concern no single node.
        package var steps: Int
        /// Whether what happens all the time and seldom tells anything is kept as well, heartbeats
        /// for example.
        package var routine: Bool

        package init(steps: Int, routine: Bool = false) {
            self.steps = steps
            self.routine = routine
        }

        package static let nothing = Keeping(steps: 0)
    }

    private struct Placed: Sendable {
        var place: UInt64
        var step: TraceStep
    }

    /// Of everything that happened, in its order.
    package private(set) var hash = TraceHash()
    /// How many happenings began.
    package private(set) var count: UInt64 = 0

    private let keeping: Keeping
    private var now: UInt64 = 0
    private var recorded: UInt64 = 0
    /// By node; what concerns no single node is at place 0.
    private var rings: [StepRing<Placed>]

    /// Knows the nodes 1 to `nodes`.
    package init(nodes: Int, keeping: Keeping) {
        self.keeping = keeping
        rings = Array(repeating: StepRing(capacity: keeping.steps), count: max(0, nodes) + 1)
    }

    // MARK: Recording

    /// The next happening begins. What is recorded from now on is a part of it.
    package mutating func begin(at time: UInt64) {
        now = time
        count += 1
        hash.absorb(time)
    }

    /// Takes the next step. A node beyond those announced counts in the hash, and is not kept. `words` is called only
    /// for a step that is kept, so a run that nobody reads makes no texts.
    package mutating func record(
        _ kind: TraceStep.Kind, node: UInt16?, group: UInt64? = nil, isRoutine: Bool = false,
        _ words: @autoclosure () -> String = ""
    ) {
        kind.absorb(into: &hash)
        hash.absorb(UInt64(node.map { Int($0) + 1 } ?? 0) << 1 | (group == nil ? 0 : 1))
        hash.absorb(group ?? 0)
        let place = node.map(Int.init) ?? 0
        guard keeping.steps > 0, keeping.routine || !isRoutine, rings.indices.contains(place), node != 0 else { return }
        recorded += 1
        let step = TraceStep(number: count, time: now, node: node, group: group, kind: kind, text: words())
        rings[place].append(Placed(place: recorded, step: step))
    }

    /// Takes a number into the hash without a step: a digest of a state, a draw, whatever has to be equal in two runs
    /// of one seed and is too frequent to be told in words.
    package mutating func absorb(_ word: UInt64) { hash.absorb(word) }

    // MARK: Reading

    /// The last steps of one node, oldest first.
    package func steps(of node: UInt16) -> [TraceStep] {
        guard node > 0, rings.indices.contains(Int(node)) else { return [] }
        return rings[Int(node)].elements.map(\.step)
    }

    /// The last steps of all nodes in the order in which they happened.
    package var steps: [TraceStep] {
        rings.flatMap(\.elements).sorted { $0.place < $1.place }.map(\.step)
    }

    /// The last steps as a space-time diagram.
    package func table(width: Int = 180) -> String {
        SpaceTimeTable(nodes: rings.count - 1, width: width).text(of: steps)
    }

    /// The last steps, a line for each: number of the happening, seconds, node, what.
    package var lines: String {
        let cells = steps.map { ["\($0.number)", $0.seconds, $0.node.map { "n\($0)" } ?? "--", $0.label] }
        let widths = (0..<3).map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { cells in
            let left = (0..<3).map { String(repeating: " ", count: widths[$0] - cells[$0].count) + cells[$0] }
            return (left + [cells[3]]).joined(separator: "  ") + "\n"
        }.joined()
    }
}
