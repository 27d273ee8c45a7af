import KeyModel
import Simulation

/// Whether all that clients were told of each key can have been told by one copy of it, one call at a time.
///
/// A read that no quorum confirms may be as old as the placement's bound of staleness. That bound is one of crypto: a
/// node that is cut off, stopped or otherwise hurt, or was a moment ago, shows what it has, so its reads may be of any
/// earlier moment. The reads after the load's end are the last calls of each key: what is lost by then shows there.
struct KeyOrderCheck: Sendable {
    /// More lines than that nobody reads.
    private static let mostLines = 24

    private(set) var findings: [Finding] = []

    init(_ record: RunRecord, staleness: StalenessBounds, budget: Int) {
        var keys: [String: [ChaosCall]] = [:]
        for call in record.calls where [.lifecycle, .writes, .look].contains(call.load) {
            guard record.scenario.subject == .claviger else { continue }
            keys[call.subject, default: []].append(call)
        }
        let hurt = AffectedTimes.ofNodes(in: record)
        for (key, calls) in keys.sorted(by: { $0.key < $1.key }) {
            let calls = calls.sorted { ($0.start, $0.number) < ($1.start, $1.number) }
            let age = { (call: ChaosCall) -> Int64 in
                let isHurt = hurt.meet(call.node, from: call.start, until: call.end ?? .max)
                return isHurt ? call.start : staleness[call.placement]
            }
            if let conflict = KeyClaims(key, calls).conflict(staleness: age) {
                findings.append(conflict)
            } else {
                findings += Self.order(key, calls, budget, age)
            }
        }
    }

    private static func order(
        _ key: String, _ calls: [ChaosCall], _ budget: Int, _ staleness: (ChaosCall) -> Int64
    ) -> [Finding] {
        guard let name = try? KeyName(parsing: key) else {
            return [Finding(.undecided, "\(key) is not the name of a key", calls: calls.map(\.number))]
        }
        // Where nobody saw the key any id will do.
        let id = calls.lazy.compactMap(\.facts?.id).first ?? KeyID(high: 0, low: 0)
        let steps = KeyStepHistory(calls, id: id, staleness: staleness)
        let specification = KeyStepSpecification(name)
        switch LinearizabilityChecker(specification, budget: budget).check(steps.history) {
        case .linearizable: return []
        case .unknown:
            return [
                Finding(
                    .undecided, "\(key): no order of its \(calls.count) calls was found, nor that there is none")
            ]
        case .violated(let violation):
            let words = OrderWords(specification, steps.history, calls: steps.calls, own: "a node by itself")
            return [
                Finding(
                    .noOrder,
                    "\(key): no order explains these answers\n" + words.text(of: violation, most: mostLines),
                    calls: words.calls(of: violation))
            ]
        }
    }
}

/// Steps that cannot be ordered, in lines for a person.
struct OrderWords<Specification: SequentialSpecification> {
    private let specification: Specification
    private let operations: [Int: ClientOperation<Specification.Request, Specification.Answer>]
    private let numbers: [Int?]
    /// Who did what is of no call.
    private let own: String

    init(
        _ specification: Specification, _ history: ClientHistory<Specification.Request, Specification.Answer>,
        calls numbers: [Int?], own: String = ""
    ) {
        self.specification = specification
        self.numbers = numbers
        self.own = own
        operations = Dictionary(
            history.operations.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func calls(of violation: LinearizabilityViolation) -> [Int] {
        Set(violation.operations.compactMap { numbers.indices.contains($0) ? numbers[$0] : nil }).sorted()
    }

    /// A line for each step, the last ones where there are too many, and what does not fit.
    func text(of violation: LinearizabilityViolation, most: Int) -> String {
        let shown = violation.operations.suffix(most).compactMap { operations[$0] }
        let dots = violation.operations.count > shown.count ? ["  …"] : []
        return (dots + shown.map(line)).joined(separator: "\n")
    }

    private func line(
        _ operation: ClientOperation<Specification.Request, Specification.Answer>
    ) -> String {
        let number = numbers.indices.contains(operation.number) ? numbers[operation.number] : nil
        let who = number.map { "call \($0), client \(operation.client)" } ?? own
        let from = FigureText.plain(Double(operation.invokedAt) / 1e9, digits: 3)
        let request = specification.text(of: operation.request)
        guard let reply = operation.reply else { return "  from \(from) s on, \(who): \(request), no answer" }
        let until = FigureText.plain(Double(reply.at) / 1e9, digits: 3)
        let stale = operation.staleness > 0 ? " (may be stale)" : ""
        return "  \(from) to \(until) s, \(who): \(request)\(stale): \(specification.text(of: reply.answer))"
    }
}
