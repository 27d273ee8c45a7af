/// The set of answered operations that have their place in the order, with a short form to remember it by.
///
/// They are placed almost in the order in which they began, so a full beginning and a short window behind it tell the
/// set (as Lowe, "Testing for linearizability", CCPE 2017, keeps his configurations small).
struct PlacedOperations {
    private var words: [UInt64]
    /// From the first word that is not full to the end of the words that are not empty.
    private var window = 0..<0

    init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

    mutating func insert(_ operation: Int) {
        let word = operation / 64
        words[word] |= 1 << UInt64(operation % 64)
        var lower = window.lowerBound
        while lower < words.count, words[lower] == .max { lower += 1 }
        window = lower..<max(lower, window.upperBound, word + 1)
    }

    mutating func remove(_ operation: Int) {
        let word = operation / 64
        words[word] &= ~(1 << UInt64(operation % 64))
        let lower = min(window.lowerBound, word)
        var upper = window.upperBound
        while upper > lower, words[upper - 1] == 0 { upper -= 1 }
        window = lower..<upper
    }

    /// Equal for equal sets only.
    var key: [UInt64] { [UInt64(window.lowerBound)] + words[window] }
}
