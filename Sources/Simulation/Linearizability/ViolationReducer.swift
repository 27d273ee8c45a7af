/// Makes of a history that cannot be ordered the few operations that a person has to look at.
///
/// Not every smaller history that cannot be ordered is an explanation: without its write, each read is wrong. So it is
/// only made weaker, in ways in which every right history stays right: it ends at an earlier moment; it begins at a
/// moment at which all orders lead to one state, the same operations under way having had their effect; reads are left
/// out.
struct ViolationReducer<Specification: SequentialSpecification> {
    typealias Operation = ClientOperation<Specification.Request, Specification.Answer>

    /// A history that cannot be ordered from a state on.
    struct Core {
        var state: Specification.State
        /// By their beginnings.
        var operations: [Operation]
        /// How many before them lead to the state.
        var leftOut = 0
        /// How many without an answer explain nothing, wherever they are placed.
        var unhelpful = 0
    }

    private let specification: Specification
    /// How often the object may be asked for all of it: a violation that is known is not waited for much longer.
    private var budget: Int

    init(_ specification: Specification, budget: Int) {
        self.specification = specification
        self.budget = budget
    }

    /// `operations` cannot be ordered, with respect to their revisions or at all.
    mutating func reduce(_ operations: [Operation], rule: LinearizabilityViolation.Rule) -> LinearizabilityViolation {
        let beginning = shortestBeginning(of: operations, rule)
        let cuts = cuts(of: beginning, rule)
        var core = Core(state: specification.initialState, operations: beginning)
        var search = search(core, rule)
        // The last change before the mistake is what a reader asks for first. Unless it has nothing to do with it.
        let last = beginning.max { $0.reply?.at ?? 0 < $1.reply?.at ?? 0 }
        let changes = beginning.filter { $0.number != last?.number && !specification.isReading($0) }
        for witness in changes.suffix(4).reversed().map(\.number) + (changes.isEmpty ? [nil] : []) {
            core = cut(beginning, at: cuts, leaving: witness, rule)
            core.operations = withoutReads(core, rule)
            search = self.search(core, rule)
            let place = core.operations.firstIndex { $0.number == witness }
            if let place, core.operations[place].reply != nil || search.longest.order.contains(place) { break }
        }
        let helpful = search.longest.order
        let shown = core.operations.indices.filter { core.operations[$0].reply != nil || helpful.contains($0) }
        core.unhelpful = core.operations.count - shown.count
        let diagram = ViolationDiagram(specification, core: core, rule: rule)
        return LinearizabilityViolation(
            rule: rule, operations: shown.map { core.operations[$0].number },
            diagram: diagram.text(shown: shown, longest: search.longest.order, state: search.longest.state))
    }

    /// Two operations that contradict each other by their revisions.
    func violation(of pair: [Operation]) -> LinearizabilityViolation {
        let core = Core(state: specification.initialState, operations: pair)
        let diagram = ViolationDiagram(specification, core: core, rule: .revisions)
        return LinearizabilityViolation(
            rule: .revisions, operations: pair.map(\.number), diagram: diagram.text(ofPair: pair))
    }

    // MARK: Steps

    /// How far an order reaches.
    private func search(_ core: Core, _ rule: LinearizabilityViolation.Rule) -> OrderSearch<Specification> {
        var search = OrderSearch(
            specification, core.operations, from: core.state, inOrderOfRevisions: rule == .revisions, lookAhead: 0)
        _ = search.run(budget: max(budget, 10_000))
        return search
    }

    /// False too where the budget ends before it is known.
    private mutating func isViolated(
        _ operations: [Operation], from state: Specification.State, _ rule: LinearizabilityViolation.Rule
    ) -> Bool {
        var search = OrderSearch(specification, operations, from: state, inOrderOfRevisions: rule == .revisions)
        let end = search.run(budget: budget)
        budget -= search.steps
        return end == .complete
    }

    /// What was known at the earliest moment at which it could not be ordered any more.
    private mutating func shortestBeginning(
        of operations: [Operation], _ rule: LinearizabilityViolation.Rule
    ) -> [Operation] {
        let times = operations.compactMap { $0.reply?.at }.sorted()
        var (passing, failing) = (-1, times.count - 1)
        while failing - passing > 1 {
            let middle = passing + (failing - passing) / 2
            let known = beginning(of: operations, until: times[middle])
            if isViolated(known, from: specification.initialState, rule) { failing = middle } else { passing = middle }
        }
        return failing < 0 ? operations : beginning(of: operations, until: times[failing])
    }

    private func beginning(of operations: [Operation], until time: UInt64) -> [Operation] {
        operations.filter { $0.start <= time }.map { $0.known(at: time) }
            .filter { $0.reply != nil || !specification.isReading($0) }
    }

    /// Leaves out what is before the last moment that permits it and leaves a certain operation to be seen.
    private mutating func cut(
        _ operations: [Operation], at cuts: [(core: Core, next: Int)], leaving witness: Int?,
        _ rule: LinearizabilityViolation.Rule
    ) -> Core {
        let suitable = cuts.filter { cut in
            guard let witness else { return true }
            return cut.core.operations.contains { $0.number == witness }
                || operations[cut.next...].contains { $0.number == witness }
        }
        // Reads that were under way at the cut are lost, and so are revisions before it: see whether it still fails.
        for (cut, next) in suitable.suffix(8).reversed() {
            var core = cut
            core.operations += operations[next...]
            if isViolated(core.operations, from: core.state, rule) { return core }
        }
        return Core(state: specification.initialState, operations: operations)
    }

    /// The moments at which all orders of what was answered so far lead to one state, with what was under way and where
    /// the operations begin that came later.
    private mutating func cuts(
        of operations: [Operation], _ rule: LinearizabilityViolation.Rule
    ) -> [(core: Core, next: Int)] {
        var cuts: [(core: Core, next: Int)] = []
        // The rest is for looking at them.
        let reserve = budget / 2
        var nextTry = 0
        var core = Core(state: specification.initialState, operations: [])
        var next = 0
        for time in operations.compactMap({ $0.reply?.at }).sorted() {
            while next < operations.count, operations[next].start <= time {
                core.operations.append(operations[next])
                next += 1
            }
            // Where everything overlaps for long, trying at every moment would take ever longer.
            guard core.operations.count >= nextTry else { continue }
            nextTry = core.operations.count + core.operations.count / 16
            let known = core.operations.filter { operation in
                !specification.isReading(operation) || operation.reply.map { $0.at <= time } ?? false
            }
            var search = OrderSearch(
                specification, known, from: core.state, inOrderOfRevisions: rule == .revisions, until: time)
            let end = search.run(budget: budget - reserve, finals: 2)
            budget -= search.steps
            guard end != .spent else { break }
            guard end == .complete, search.finals.count == 1 else { continue }
            let final = search.finals[0]
            let left = known.indices.filter { place in
                (known[place].reply.map { $0.at > time } ?? true) && !final.happened.contains(place)
            }
            core.leftOut += known.count - left.count
            core.operations = left.map { known[$0] }
            core.state = final.state
            nextTry = 0
            cuts.append((core, next))
        }
        return cuts
    }

    private mutating func withoutReads(_ core: Core, _ rule: LinearizabilityViolation.Rule) -> [Operation] {
        let specification = specification
        func kept(_ reads: [Int]) -> [Operation] {
            core.operations.indices.filter { !isRead($0) || reads.contains($0) }.map { core.operations[$0] }
        }
        func isRead(_ place: Int) -> Bool { specification.isReading(core.operations[place]) }
        let reads = core.operations.indices.filter(isRead)
        let shrunk = FailureShrinker(budget: 500).shrink(reads) { reads in
            isViolated(kept(reads), from: core.state, rule)
        }
        return kept(shrunk?.choices ?? reads)
    }
}
