/// Judges whether a history of clients is that of one object: whether each operation can be given one moment between
/// its request and its answer so that all answers are right.
///
/// Requests that share no object, directly or over others, are judged apart (Horn and Kroening, "Faster linearizability
/// checking via P-compositionality", FORTE 2015); that is what makes long histories of many keys cheap. Nothing depends
/// on time or chance: the same history gives the same verdict, word for word.
package struct LinearizabilityChecker<Specification: SequentialSpecification>: Sendable {
    package typealias Operation = ClientOperation<Specification.Request, Specification.Answer>

    package let specification: Specification
    /// How often the object may be asked for each part of the history.
    package let budget: Int

    package init(_ specification: Specification, budget: Int = 1_000_000) {
        self.specification = specification
        self.budget = budget
    }

    /// The first violation counts, by the beginnings of the parts; else a part without a verdict.
    package func check(_ history: ClientHistory<Specification.Request, Specification.Answer>) -> LinearizabilityVerdict
    {
        var order: [Int] = []
        var isKnown = true
        for part in parts(of: history.operations) {
            switch check(part) {
            case .linearizable(let placed): order += placed
            case .violated(let violation): return .violated(violation)
            case .unknown: isKnown = false
            }
        }
        return isKnown ? .linearizable(order: order) : .unknown
    }

    // MARK: Parts

    /// Operations that share objects, each part by the beginnings of its operations, parts by their first ones. Reads
    /// without an answer tell nothing.
    private func parts(of operations: [Operation]) -> [[Operation]] {
        let useful = operations.filter { $0.reply != nil || !specification.isReading($0) }
            .sorted { ($0.start, $0.number) < ($1.start, $1.number) }
        // A forest: each operation points to an earlier one of its part, or to itself.
        var roots = Array(useful.indices)
        func root(of place: Int) -> Int {
            var place = place
            while roots[place] != place {
                roots[place] = roots[roots[place]]
                place = roots[place]
            }
            return place
        }
        var first: [Specification.Object: Int] = [:]
        for (place, operation) in useful.enumerated() {
            for object in specification.objects(of: operation.request) {
                guard let other = first[object] else {
                    first[object] = place
                    continue
                }
                let (one, two) = (root(of: place), root(of: other))
                roots[max(one, two)] = min(one, two)
            }
        }
        var numbers: [Int: Int] = [:]
        var parts: [[Operation]] = []
        for (place, operation) in useful.enumerated() {
            let root = root(of: place)
            if let number = numbers[root] {
                parts[number].append(operation)
            } else {
                numbers[root] = parts.count
                parts.append([operation])
            }
        }
        return parts
    }

    private func check(_ part: [Operation]) -> LinearizabilityVerdict {
        let hasRevisions = part.contains { $0.reply?.revision != nil }
        let (end, order) = search(part, inOrderOfRevisions: hasRevisions)
        let conflict = RevisionClaims(part, isReading: specification.isReading).conflict
        if conflict == nil, end == .found { return .linearizable(order: order.map { part[$0].number }) }
        if conflict == nil, end == .spent { return .unknown }
        var reducer = ViolationReducer(specification, budget: budget)
        guard hasRevisions else { return .violated(reducer.reduce(part, rule: .order)) }
        // Where any order at all explains the answers, or none is found in time, the revisions are to blame.
        if search(part, inOrderOfRevisions: false).end == .complete {
            return .violated(reducer.reduce(part, rule: .order))
        }
        guard let conflict else { return .violated(reducer.reduce(part, rule: .revisions)) }
        return .violated(reducer.violation(of: conflict))
    }

    /// Where answers are lost, an order in which few of the lost operations happened is looked for first, with half of
    /// the budget: that is how it mostly was, and all the other ways are very many.
    private func search(
        _ part: [Operation], inOrderOfRevisions: Bool
    ) -> (end: OrderSearch<Specification>.End, order: [Int]) {
        let isLossy = part.contains { $0.reply == nil }
        for mostInARow in isLossy ? [1, Int.max] : [Int.max] {
            var search = OrderSearch(
                specification, part, from: specification.initialState, inOrderOfRevisions: inOrderOfRevisions,
                mostInARow: mostInARow)
            let end = search.run(budget: isLossy ? budget / 2 : budget)
            if end == .found || mostInARow == .max { return (end, search.order) }
        }
        return (.spent, [])
    }
}
