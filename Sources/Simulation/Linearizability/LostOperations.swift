/// The operations without an answer, and which of them had their effect.
///
/// Those that do the same in every state are alike: of two that may come now it does not matter which does, since the
/// other one may come later. So all that counts of a set of them is how many of each kind are in it.
struct LostOperations {
    /// Places of the operations, by their beginnings.
    let places: [Int]
    /// How many of each kind had their effect.
    private(set) var happened: [UInt16]
    /// By place in `places`: the number of its kind, and the next of that kind or nil.
    private let kinds: [Int]
    private let nextAlike: [Int?]
    private var isPlaced: [Bool]

    /// `canonical` tells of each operation in `places` what it does.
    init<Request: Hashable>(_ places: [Int], canonical: (Int) -> Request) {
        self.places = places
        var numbers: [Request: Int] = [:]
        var kinds: [Int] = []
        for place in places {
            let request = canonical(place)
            let kind = numbers[request] ?? numbers.count
            numbers[request] = kind
            kinds.append(kind)
        }
        var nextAlike: [Int?] = Array(repeating: nil, count: places.count)
        var last: [Int?] = Array(repeating: nil, count: numbers.count)
        for index in places.indices.reversed() {
            nextAlike[index] = last[kinds[index]]
            last[kinds[index]] = index
        }
        self.kinds = kinds
        self.nextAlike = nextAlike
        isPlaced = Array(repeating: false, count: places.count)
        happened = Array(repeating: 0, count: numbers.count)
    }

    /// The last one before `index` that is left, unless another one of its kind before `end` is.
    func candidate(before index: Int, end: Int) -> Int? {
        (0..<index).last { !isPlaced[$0] && !isTriedByAnother($0, end: end) }
    }

    private func isTriedByAnother(_ index: Int, end: Int) -> Bool {
        var next = nextAlike[index]
        while let other = next, other < end {
            if !isPlaced[other] { return true }
            next = nextAlike[other]
        }
        return false
    }

    mutating func take(_ index: Int) {
        isPlaced[index] = true
        happened[kinds[index]] &+= 1
    }

    mutating func putBack(_ index: Int) {
        isPlaced[index] = false
        happened[kinds[index]] &-= 1
    }

    /// How many do not begin after `time`.
    func count(until time: UInt64, start: (Int) -> UInt64) -> Int {
        var (lower, upper) = (0, places.count)
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if start(places[middle]) > time { upper = middle } else { lower = middle + 1 }
        }
        return lower
    }
}
