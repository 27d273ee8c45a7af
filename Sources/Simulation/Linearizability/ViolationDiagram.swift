/// A violation in text: a line for each operation with a bar from its request to its answer, times in their order but
/// not to scale, and below it how far an order reaches and what does not fit then.
///
/// `|---|` has an answer, `|--->` has none, and `....|---|` may have read what was true that much earlier.
struct ViolationDiagram<Specification: SequentialSpecification> {
    typealias Operation = ClientOperation<Specification.Request, Specification.Answer>

    /// More lines than that nobody reads; the last ones are nearest to what is wrong.
    private static var mostRows: Int { 40 }

    private let specification: Specification
    private let core: ViolationReducer<Specification>.Core
    private let rule: LinearizabilityViolation.Rule

    init(
        _ specification: Specification, core: ViolationReducer<Specification>.Core,
        rule: LinearizabilityViolation.Rule
    ) {
        self.specification = specification
        self.core = core
        self.rule = rule
    }

    /// `shown` are the places of the operations in the diagram; `longest` is an order of places that explains its
    /// answers and leads to `state`.
    func text(shown: [Int], longest: [Int], state: Specification.State) -> String {
        let operations = core.operations
        var lines = [title(shown.count)]
        if core.leftOut > 0 {
            lines.append("The \(core.leftOut) before leave: \(specification.text(of: core.state)).")
        }
        if core.unhelpful > 0 { lines.append("\(core.unhelpful) more without an answer explain nothing.") }
        lines.append("")
        if shown.count > Self.mostRows { lines.append("(\(shown.count - Self.mostRows) earlier ones)") }
        lines += rows(shown.suffix(Self.mostRows).map { operations[$0] })
        lines.append("")
        let names = longest.suffix(Self.mostRows).map { "#\(operations[$0].number)" }
        if names.isEmpty {
            lines.append("At first: \(specification.text(of: state)).")
        } else {
            let dots = longest.count > names.count ? "…, " : ""
            lines.append("An order begins \(dots)\(names.joined(separator: ", ")): \(specification.text(of: state)).")
        }
        lines += next(after: longest, in: state)
        return lines.map { $0 + "\n" }.joined()
    }

    /// Two operations that contradict each other by their revisions.
    func text(ofPair pair: [Operation]) -> String {
        let lines = ["The revisions of these two answers contradict each other.", ""] + rows(pair)
        return lines.map { $0 + "\n" }.joined()
    }

    private func title(_ count: Int) -> String {
        let what = count == 1 ? "This operation has" : "These \(count) operations have"
        switch rule {
        case .order: return what + " no order that explains every answer."
        case .revisions: return what + " no order that explains every answer and keeps to the revisions."
        }
    }

    /// What every operation that could be next would have been told.
    private func next(after longest: [Int], in state: Specification.State) -> [String] {
        let left = core.operations.indices.filter { core.operations[$0].reply != nil && !longest.contains($0) }
        let earliest = left.compactMap { core.operations[$0].reply?.at }.min() ?? 0
        return left.filter { core.operations[$0].start <= earliest }.map { place in
            let operation = core.operations[place]
            if specification.state(after: operation, in: state) != nil {
                return "Next #\(operation.number) would fit, and leads nowhere."
            }
            var after = state
            let answer = specification.perform(operation.request, on: &after)
            return "Next #\(operation.number) would be told: \(specification.text(of: answer))."
        }
    }

    // MARK: Bars

    private func rows(_ operations: [Operation]) -> [String] {
        var times = operations.flatMap { [$0.start, $0.invokedAt] + ($0.reply.map { [$0.at] } ?? []) }.sorted()
        times = zip(times, [nil] + times.map(Optional.some)).filter { $0 != $1 }.map(\.0)
        let scale = times.count > 40 ? 1 : times.count > 20 ? 2 : 3
        func column(_ time: UInt64) -> Int { (times.firstIndex(of: time) ?? 0) * scale }
        let end = times.count * scale
        let names = operations.map { "#\($0.number) client \($0.client)" }
        let widest = names.map(\.count).max() ?? 0
        return zip(names, operations).map { name, operation in
            var bar = Array(repeating: Character(" "), count: end)
            let (start, invoked) = (column(operation.start), column(operation.invokedAt))
            for place in start..<max(start, invoked) { bar[place] = "." }
            let last = operation.reply.map { column($0.at) } ?? end - 1
            for place in invoked..<max(invoked, last) { bar[place] = "-" }
            bar[last] = operation.reply == nil ? ">" : "|"
            bar[invoked] = "|"
            return name + String(repeating: " ", count: widest - name.count) + "  " + String(bar) + "  "
                + words(of: operation)
        }
    }

    private func words(of operation: Operation) -> String {
        let request = specification.text(of: operation.request)
        guard let reply = operation.reply else { return request + " -> no answer by then" }
        let revision = reply.revision.map { " @\($0)" } ?? ""
        return request + " -> " + specification.text(of: reply.answer) + revision
    }
}
