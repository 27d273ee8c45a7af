/// Beginnings and answers of the operations that have an answer, in the order of their times, as a list from which
/// operations are taken and put back in turn.
struct EventLine {
    private static let head = 0
    /// Of an event: the beginning of operation `p` is 2p + 1, its answer 2p + 2.
    private var next: [Int]
    private var previous: [Int]

    /// Operations by their beginnings. Of events at one time, beginnings come first: such operations overlap.
    init<Request, Answer>(_ operations: [ClientOperation<Request, Answer>]) {
        var events: [(time: UInt64, event: Int)] = []
        for (place, operation) in operations.enumerated() {
            guard let reply = operation.reply else { continue }
            events += [(operation.start, 2 * place + 1), (reply.at, 2 * place + 2)]
        }
        events.sort { a, b in
            // Odd events are beginnings.
            (a.time, a.event.isMultiple(of: 2) ? 1 : 0, a.event) < (b.time, b.event.isMultiple(of: 2) ? 1 : 0, b.event)
        }
        next = Array(repeating: Self.head, count: 2 * operations.count + 1)
        previous = next
        var last = Self.head
        for (_, event) in events {
            (next[last], previous[event]) = (event, last)
            last = event
        }
        previous[Self.head] = last
    }

    /// The first event that is left.
    var first: Int { next[Self.head] }

    func isEnd(_ event: Int) -> Bool { event == Self.head }
    func event(after event: Int) -> Int { next[event] }
    func beginning(of operation: Int) -> Int { 2 * operation + 1 }

    /// The operation that begins with this event; nil for an answer and for the end.
    func operation(beginningAt event: Int) -> Int? { event.isMultiple(of: 2) ? nil : event / 2 }
    /// The operation that this event answers; nil for a beginning and for the end.
    func operation(answeredAt event: Int) -> Int? {
        event.isMultiple(of: 2) && event != Self.head ? event / 2 - 1 : nil
    }

    mutating func take(_ operation: Int) {
        unlink(2 * operation + 1)
        unlink(2 * operation + 2)
    }

    /// In the reverse order of taking.
    mutating func putBack(_ operation: Int) {
        link(2 * operation + 2)
        link(2 * operation + 1)
    }

    private mutating func unlink(_ event: Int) {
        next[previous[event]] = next[event]
        previous[next[event]] = previous[event]
    }

    private mutating func link(_ event: Int) {
        next[previous[event]] = event
        previous[next[event]] = event
    }
}
