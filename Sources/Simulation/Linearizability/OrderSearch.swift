/// The search for an order of operations that explains every answer.
///
/// Wing and Gong, "Testing and verifying concurrent objects", JPDC 1993: place an operation that may come next, go on,
/// and take it back where that leads nowhere. Lowe, "Testing for linearizability", CCPE 2017: never explore the same
/// set of placed operations with the same state twice. The list of events is that of porcupine (Athalye, 2017). Four
/// rules of our own keep histories of many reads and many lost answers small, and lose no verdict:
///
/// - A read that fits is placed at once and for good: it changes no state, so in any order found otherwise it could
///   have stood here.
/// - An operation without an answer is placed only where it changes the state: else it need not have happened. Of two
///   that do the same one is tried, since both may also happen later.
/// - Where the same answers are explained with the same state, a set of those without an answer is not explored after
///   a part of it: whatever the set can do, the part can do with less.
/// - Nothing is placed that leads where an answer still to be placed can never be given.
struct OrderSearch<Specification: SequentialSpecification> {
    typealias Operation = ClientOperation<Specification.Request, Specification.Answer>

    /// Where all answers are explained that have to be.
    struct Final: Equatable {
        var state: Specification.State
        /// Other operations that have had their effect, by place; where a part of them is enough, it may be that part.
        var happened: [Int]
    }

    enum End: Equatable {
        /// As many finals were found as were asked for.
        case found
        /// There are no more.
        case complete
        /// The budget ended before.
        case spent
    }

    private struct Configuration: Hashable {
        var placed: [UInt64]
        var state: Specification.State
    }

    private struct Move {
        var operation: Int
        var before: Specification.State
        /// Whether nothing else need be tried in its stead.
        var isForced: Bool
        var cursor: Cursor
    }

    /// What is to be tried next: operations with an answer first, by the events of the line; then those without, the
    /// latest first.
    private enum Cursor {
        case event(Int)
        /// The last one before this index among the lost ones, of which those before `end` may come now.
        case lost(before: Int, end: Int)
    }

    private enum Attempt { case placed, refused, futile }

    private(set) var finals: [Final] = []
    /// The order of the first final, by places.
    private(set) var order: [Int] = []
    /// The longest order that explains its answers where none explains all, and the state after it.
    private(set) var longest: (order: [Int], state: Specification.State)
    /// How often the object was asked.
    private(set) var steps = 0

    private let specification: Specification
    private let operations: [Operation]
    private let isReading: [Bool]
    /// Whose answers have to be explained.
    private let isRequired: [Bool]
    /// By operation: where it stands among those with an answer or among those without one.
    private let ordinals: [Int]
    /// Most without an answer that are placed without an answered one between them.
    private let mostInARow: Int
    /// How many operations to come are asked whether their answers can still be given: a few tell what many would.
    private let lookAhead: Int
    private var line: EventLine
    private var revisions: RevisionOrder
    private var placed: PlacedOperations
    private var lost: LostOperations
    /// Which numbers of lost operations were seen with a configuration. Only ever looked into.
    private var seen: [Configuration: [[UInt16]]] = [:]
    private var path: [Move] = []
    private var inARow = 0
    private var state: Specification.State
    private var answersLeft: Int
    private var fewestLeft: Int

    /// Operations by their beginnings; reads without an answer are of no use here. Answers that came after `end` may be
    /// left unexplained. With a limit on `mostInARow`, an order that is not found may exist.
    init(
        _ specification: Specification, _ operations: [Operation], from state: Specification.State,
        inOrderOfRevisions: Bool, until end: UInt64 = .max, mostInARow: Int = .max,
        lookAhead: Int = 16
    ) {
        self.specification = specification
        self.operations = operations
        self.state = state
        self.mostInARow = mostInARow
        self.lookAhead = lookAhead
        let isReading = operations.map { specification.isReading($0) }
        self.isReading = isReading
        let lost = operations.indices.filter { operations[$0].reply == nil }
        self.lost = LostOperations(lost) { specification.canonical(operations[$0].request) }
        var counts = (answered: 0, lost: 0)
        ordinals = operations.map { operation in
            defer { if operation.reply == nil { counts.lost += 1 } else { counts.answered += 1 } }
            return operation.reply == nil ? counts.lost : counts.answered
        }
        line = EventLine(operations)
        revisions = RevisionOrder(operations, isReading: isReading, isOn: inOrderOfRevisions)
        placed = PlacedOperations(count: operations.count - lost.count)
        isRequired = operations.map { $0.reply.map { $0.at <= end } ?? false }
        answersLeft = isRequired.count { $0 }
        fewestLeft = answersLeft + 1
        longest = ([], state)
    }

    /// Goes on until there are `limit` different finals, or no more, or the object was asked `budget` times.
    mutating func run(budget: Int, finals limit: Int = 1) -> End {
        var cursor = Cursor.event(line.first)
        while true {
            if answersLeft == 0 {
                note()
                if finals.count >= limit { return .found }
                guard retreat(&cursor) else { return .complete }
                continue
            }
            guard let operation = candidate(&cursor) else {
                guard retreat(&cursor) else { return .complete }
                continue
            }
            guard steps < budget else { return .spent }
            switch attempt(operation, at: cursor) {
            case .placed: cursor = .event(line.first)
            case .refused: cursor = self.cursor(behind: operation, at: cursor)
            case .futile: guard retreat(&cursor) else { return .complete }
            }
        }
    }

    /// The next operation to try, from the cursor on; nil when there is none.
    private func candidate(_ cursor: inout Cursor) -> Int? {
        if case .event(let event) = cursor {
            if let operation = line.operation(beginningAt: event) { return operation }
            // The first answer that is left: what begins after it cannot come before its operation.
            guard inARow < mostInARow, let next = line.operation(answeredAt: event),
                let end = operations[next].reply?.at
            else { return nil }
            let behind = lost.count(until: end) { operations[$0].start }
            cursor = .lost(before: behind, end: behind)
        }
        guard case .lost(let before, let end) = cursor else { return nil }
        return lost.candidate(before: before, end: end).map { lost.places[$0] }
    }

    private func cursor(behind operation: Int, at cursor: Cursor) -> Cursor {
        switch cursor {
        case .event: .event(line.event(after: line.beginning(of: operation)))
        case .lost(_, let end): .lost(before: ordinals[operation], end: end)
        }
    }

    private mutating func note() {
        let final = Final(
            state: state, happened: path.map(\.operation).filter { !isRequired[$0] }.sorted())
        if finals.isEmpty { order = path.map(\.operation) }
        if !finals.contains(final) { finals.append(final) }
    }

    private mutating func attempt(_ operation: Int, at cursor: Cursor) -> Attempt {
        steps += 1
        guard revisions.permits(operation),
            let next = specification.state(after: operations[operation], in: state)
        else { return .refused }
        let isLost = operations[operation].reply == nil
        if isLost, next == state { return .refused }
        let before = state
        place(operation)
        state = next
        let row = isLost ? inARow + 1 : 0
        let move = Move(operation: operation, before: before, isForced: isReading[operation], cursor: cursor)
        guard isReading[operation] || isPromising else {
            takeBack(operation, before)
            return .refused
        }
        guard isNew(row: row) else {
            takeBack(operation, before)
            return isReading[operation] ? .futile : .refused
        }
        path.append(move)
        inARow = row
        return .placed
    }

    /// Whether nothing that can do as much was explored before.
    private mutating func isNew(row: Int) -> Bool {
        // With a limit, it matters how many stood in a row at last.
        let key = placed.key + (mostInARow == .max ? [] : [UInt64(row)])
        let happened = lost.happened
        let configuration = Configuration(placed: key, state: state)
        let before = seen[configuration] ?? []
        guard !before.contains(where: { zip($0, happened).allSatisfy { $0 <= $1 } }) else { return false }
        seen[configuration] = before + [happened]
        return true
    }

    /// Whether the operations to come can still be given their answers.
    private var isPromising: Bool {
        var event = line.first
        var looks = 0
        while looks < lookAhead, !line.isEnd(event) {
            if let operation = line.operation(beginningAt: event), let reply = operations[operation].reply {
                looks += 1
                guard specification.mayAnswer(reply.answer, to: operations[operation].request, from: state) else {
                    return false
                }
            }
            event = line.event(after: event)
        }
        return true
    }

    private mutating func place(_ operation: Int) {
        guard operations[operation].reply != nil else { return lost.take(ordinals[operation]) }
        placed.insert(ordinals[operation])
        line.take(operation)
        revisions.take(operation)
        if isRequired[operation] { answersLeft -= 1 }
    }

    private mutating func takeBack(_ operation: Int, _ before: Specification.State) {
        state = before
        guard operations[operation].reply != nil else { return lost.putBack(ordinals[operation]) }
        placed.remove(ordinals[operation])
        line.putBack(operation)
        revisions.putBack(operation)
        if isRequired[operation] { answersLeft += 1 }
    }

    /// Takes the last move back for which something else may be tried. False when there is none.
    private mutating func retreat(_ cursor: inout Cursor) -> Bool {
        remember()
        while let move = path.popLast() {
            takeBack(move.operation, move.before)
            guard !move.isForced else { continue }
            inARow = path.reversed().prefix { operations[$0.operation].reply == nil }.count
            cursor = self.cursor(behind: move.operation, at: move.cursor)
            return true
        }
        return false
    }

    private mutating func remember() {
        guard answersLeft < fewestLeft else { return }
        fewestLeft = answersLeft
        longest = (path.map(\.operation), state)
        // What happened without an answer behind the last answer explains nothing.
        for move in path.reversed() {
            guard operations[move.operation].reply == nil else { break }
            longest.order.removeLast()
            longest.state = move.before
        }
    }
}
