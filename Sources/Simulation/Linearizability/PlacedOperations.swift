/// The set of operations that have their place in the order, with a short form to remember it by.
///
/// Operations with an answer are placed almost in the order in which they began, so a full beginning and a short window
/// behind it tell the set (as Lowe, "Testing for linearizability", CCPE 2017, keeps his configurations small).
/// Operations without an answer may stay behind for ever and have bits of their own.
struct PlacedOperations {
    /// Where an operation has its bit.
    private let bits: [(isOpen: Bool, word: Int, mask: UInt64)]
    private var answered: [UInt64]
    private var open: [UInt64]
    /// The first word of `answered` that is not full, and the end of the words that are not empty.
    private var window = 0..<0

    /// `isOpen` tells for each operation whether it has no answer.
    init(_ isOpen: [Bool]) {
        var counts = (answered: 0, open: 0)
        bits = isOpen.map { isOpen in
            let place = isOpen ? counts.open : counts.answered
            if isOpen { counts.open += 1 } else { counts.answered += 1 }
            return (isOpen, place / 64, 1 << UInt64(place % 64))
        }
        answered = Array(repeating: 0, count: (counts.answered + 63) / 64)
        open = Array(repeating: 0, count: (counts.open + 63) / 64)
    }

    mutating func insert(_ operation: Int) {
        let (isOpen, word, mask) = bits[operation]
        guard !isOpen else {
            open[word] |= mask
            return
        }
        answered[word] |= mask
        var lower = window.lowerBound
        while lower < answered.count, answered[lower] == .max { lower += 1 }
        window = lower..<max(lower, window.upperBound, word + 1)
    }

    mutating func remove(_ operation: Int) {
        let (isOpen, word, mask) = bits[operation]
        guard !isOpen else {
            open[word] &= ~mask
            return
        }
        answered[word] &= ~mask
        let lower = min(window.lowerBound, word)
        var upper = window.upperBound
        while upper > lower, answered[upper - 1] == 0 { upper -= 1 }
        window = lower..<upper
    }

    /// Equal for equal sets only.
    var key: [UInt64] {
        var key: [UInt64] = []
        key.reserveCapacity(1 + window.count + open.count)
        key.append(UInt64(window.lowerBound))
        key += answered[window]
        key += open
        return key
    }
}
