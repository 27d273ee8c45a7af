/// What happened in one run: a hash of all of it, and the last steps of every node for a reader.
package struct Trace: Sendable {
    private struct Numbered: Sendable {
        var number: UInt64
        var step: TraceStep
    }

    /// Of everything that was recorded, in its order.
    package private(set) var hash = TraceHash()
    /// How many steps were recorded.
    package private(set) var count: UInt64 = 0

    /// By node; what concerns no single node is at place 0.
    private var rings: [StepRing<Numbered>]

    /// Keeps the last `keeping` steps of each of the nodes 1 to `nodes`, and as many that concern no single node.
    package init(nodes: Int, keeping: Int) {
        rings = Array(repeating: StepRing(capacity: keeping), count: max(0, nodes) + 1)
    }

    /// Takes the next step. A node beyond those announced counts in the hash, and is not kept.
    package mutating func record(_ step: TraceStep) {
        step.absorb(into: &hash)
        count += 1
        let place = step.node.map(Int.init) ?? 0
        guard rings.indices.contains(place), step.node != 0 else { return }
        rings[place].append(Numbered(number: count, step: step))
    }

    /// Takes a number into the hash without a step: a digest of a state, a draw, whatever has to be equal in two runs
    /// of one seed and is too frequent to be told in words.
    package mutating func absorb(_ word: UInt64) { hash.absorb(word) }

    /// The last steps of one node, oldest first.
    package func steps(of node: UInt16) -> [TraceStep] {
        guard node > 0, rings.indices.contains(Int(node)) else { return [] }
        return rings[Int(node)].elements.map(\.step)
    }

    /// The last steps of all nodes in the order in which they happened.
    package var steps: [TraceStep] {
        rings.flatMap(\.elements).sorted { $0.number < $1.number }.map(\.step)
    }

    /// The last steps as a space-time diagram.
    package func table(width: Int = 180) -> String {
        SpaceTimeTable(nodes: rings.count - 1, width: width).text(of: steps)
    }
}
