import Simulation

/// The definition of linearizability, tried order by order: no memory, no partition, no shortcut. For a few operations.
enum BruteForce {
    static func isLinearizable<Specification: SequentialSpecification>(
        _ history: ClientHistory<Specification.Request, Specification.Answer>, _ specification: Specification
    ) -> Bool {
        extend(history.operations, specification.initialState, specification)
    }

    /// Whether what is left can be ordered from a state on.
    private static func extend<Specification: SequentialSpecification>(
        _ left: [ClientOperation<Specification.Request, Specification.Answer>], _ state: Specification.State,
        _ specification: Specification
    ) -> Bool {
        guard left.contains(where: { $0.reply != nil }) else { return true }
        for place in left.indices {
            let operation = left[place]
            let earliest = operation.invokedAt - min(operation.invokedAt, operation.staleness)
            // Nothing that is left may have been answered before this one began.
            guard left.allSatisfy({ $0.reply.map { $0.at >= earliest } ?? true }) else { continue }
            var rest = left
            rest.remove(at: place)
            var next = state
            let answer = specification.perform(operation.request, on: &next)
            if operation.reply.map({ $0.answer == answer }) ?? true, extend(rest, next, specification) { return true }
        }
        return false
    }
}

/// Whether an order that a checker gave explains every answer, in the order of times.
enum Witness {
    static func problem<Specification: SequentialSpecification>(
        _ order: [Int], of history: ClientHistory<Specification.Request, Specification.Answer>,
        _ specification: Specification
    ) -> String? {
        var state = specification.initialState
        let operations = history.operations
        let byNumber = Dictionary(uniqueKeysWithValues: operations.map { ($0.number, $0) })
        let placed = order.compactMap { byNumber[$0] }
        let known = Set(order)
        guard known.count == order.count, placed.count == order.count else { return "not a set of operations" }
        for operation in operations where operation.reply != nil && !known.contains(operation.number) {
            return "#\(operation.number) is missing"
        }
        // By object: when the operation among those placed so far began that began last.
        var latest: [Specification.Object: UInt64] = [:]
        for operation in placed {
            let answer = specification.perform(operation.request, on: &state)
            if let reply = operation.reply, reply.answer != answer { return "#\(operation.number) is not explained" }
            let start = operation.invokedAt - min(operation.invokedAt, operation.staleness)
            for object in specification.objects(of: operation.request) {
                if let reply = operation.reply, reply.at < latest[object] ?? 0 {
                    return "#\(operation.number) was over before one that it follows began"
                }
                latest[object] = max(latest[object] ?? 0, start)
            }
        }
        return nil
    }
}
