/// The order that answers themselves claim by their revisions: changes by theirs, and each read behind the changes up
/// to its own. Operations whose answers claim nothing are free.
struct RevisionOrder {
    /// By operation; nil where nothing is claimed.
    private let ranks: [Int?]
    /// How many of each rank are left.
    private var left: [Int] = []
    private var current = 0

    /// `isReading` tells for each operation whether it changes nothing.
    init<Request, Answer>(_ operations: [ClientOperation<Request, Answer>], isReading: [Bool], isOn: Bool) {
        var claims: [(revision: UInt64, isReading: Int, place: Int)] = []
        for (place, operation) in operations.enumerated() where isOn {
            guard let revision = operation.reply?.revision else { continue }
            claims.append((revision, isReading[place] ? 1 : 0, place))
        }
        claims.sort { $0 < $1 }
        var ranks: [Int?] = Array(repeating: nil, count: operations.count)
        for (order, claim) in claims.enumerated() {
            let isBeside =
                order > 0 && claim.isReading == 1 && claims[order - 1].isReading == 1
                && claims[order - 1].revision == claim.revision
            if isBeside { left[left.count - 1] += 1 } else { left.append(1) }
            ranks[claim.place] = left.count - 1
        }
        self.ranks = ranks
    }

    /// Whether it is the operation's turn.
    func permits(_ operation: Int) -> Bool { ranks[operation].map { $0 == current } ?? true }

    mutating func take(_ operation: Int) {
        guard let rank = ranks[operation] else { return }
        left[rank] -= 1
        while current < left.count, left[current] == 0 { current += 1 }
    }

    /// In the reverse order of taking.
    mutating func putBack(_ operation: Int) {
        guard let rank = ranks[operation] else { return }
        left[rank] += 1
        current = rank
    }
}
