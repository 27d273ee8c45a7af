/// What happened, as a number that two processes can compare, and its last lines for people.
package struct StepTrace {
    package private(set) var hash = StableHash()
    package private(set) var count: UInt64 = 0
    private var now: UInt64 = 0
    private let limit: Int
    private var kept: [Line] = []
    private var oldest = 0

    /// One thing that happened at one node; node 0 is the world itself.
    package struct Line: Hashable, Sendable {
        package var step: UInt64
        package var at: UInt64
        package var node: Int
        package var text: String
    }

    init(nodes: Int, keeping limit: Int) { self.limit = limit * nodes }

    var keepsLines: Bool { limit > 0 }

    mutating func begin(at time: UInt64) {
        now = time
        count += 1
        hash.combine(time)
    }

    mutating func note(_ word: UInt64) { hash.combine(word) }

    mutating func say(_ node: Int, _ text: @autoclosure () -> String) {
        guard limit > 0 else { return }
        let line = Line(step: count, at: now, node: node, text: text())
        if kept.count < limit {
            kept.append(line)
        } else {
            kept[oldest] = line
            oldest = (oldest + 1) % limit
        }
    }

    /// The lines that were kept, oldest first.
    package var lines: [Line] { Array(kept[oldest...] + kept[..<oldest]) }
}
