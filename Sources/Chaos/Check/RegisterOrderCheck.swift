import Simulation

/// Whether each read of a register of etcd shows what was put last, in one order for all clients; the last reads are
/// those after the load's end.
struct RegisterOrderCheck: Sendable {
    private static let mostLines = 24

    private(set) var findings: [Finding] = []

    init(_ record: RunRecord, budget: Int) {
        guard record.scenario.subject == .etcd else { return }
        var registers: [String: [ChaosCall]] = [:]
        for call in record.calls where [.registers, .writes, .look].contains(call.load) {
            registers[call.subject, default: []].append(call)
        }
        for (register, calls) in registers.sorted(by: { $0.key < $1.key }) {
            findings += Self.order(register, calls, budget)
        }
    }

    private static func order(_ register: String, _ calls: [ChaosCall], _ budget: Int) -> [Finding] {
        var history = ClientHistory<RegisterSpecification.Request, RegisterSpecification.Answer>()
        var numbers: [Int?] = []
        for call in calls.sorted(by: { ($0.start, $0.number) < ($1.start, $1.number) }) where call.mayHaveHappened {
            let request: RegisterSpecification.Request
            var answer: RegisterSpecification.Answer?
            switch (call.request, call.outcome) {
            case (.put(let value), .done): (request, answer) = (.put(value), .done)
            case (.put(let value), _): request = .put(value)
            case (.get, .done(.register(let value, _))): (request, answer) = (.get, .value(value))
            default: continue
            }
            numbers.append(call.number)
            let number = history.invoke(request, by: call.client, at: UInt64(max(0, call.start)))
            if let answer { history.answer(number, answer, at: UInt64(max(0, call.end ?? call.start))) }
        }
        let specification = RegisterSpecification()
        switch LinearizabilityChecker(specification, budget: budget).check(history) {
        case .linearizable: return []
        case .unknown:
            return [
                Finding(
                    .undecided, "\(register): no order of its \(calls.count) calls was found, nor that there is none")
            ]
        case .violated(let violation):
            let words = OrderWords(specification, history, calls: numbers)
            return [
                Finding(
                    .staleRead,
                    "\(register): no order explains these reads\n"
                        + words.text(of: violation, most: mostLines), calls: words.calls(of: violation))
            ]
        }
    }
}
