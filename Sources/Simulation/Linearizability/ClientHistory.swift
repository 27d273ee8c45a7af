/// One request of a client, and what became of it.
package struct ClientOperation<Request, Answer> {
    /// What came back, and when.
    package struct Reply {
        package var answer: Answer
        package var at: UInt64
        /// Where in the log of its group the answer is from: the index of the change, or up to which index the reader
        /// had applied. Nil where the answer does not say.
        package var revision: UInt64?
    }

    /// Counts the requests of a history from 0.
    package let number: Int
    package let client: Int
    package let request: Request
    package let invokedAt: UInt64
    /// Nil while there is no answer: the request may have had its effect since, may have it yet, or never.
    package fileprivate(set) var reply: Reply?
    /// How much older than the request what it reads may be. Zero for a linearizable one; the bound for a read that is
    /// allowed to be stale by so much.
    package let staleness: UInt64

    /// From when on the operation may take its place in the order.
    var start: UInt64 { invokedAt - min(invokedAt, staleness) }

    /// The same with only those answers that came until `time`.
    func known(at time: UInt64) -> Self {
        var known = self
        if let reply, reply.at > time { known.reply = nil }
        return known
    }
}

extension ClientOperation: Sendable where Request: Sendable, Answer: Sendable {}
extension ClientOperation.Reply: Sendable where Request: Sendable, Answer: Sendable {}

/// What clients asked and were told, as they saw it. Times are of one clock that all clients share, as a simulation has
/// it; at one and the same time nothing is before anything else.
package struct ClientHistory<Request, Answer> {
    /// By number. Nil where the request is known not to have had any effect.
    private var slots: [ClientOperation<Request, Answer>?] = []

    package init() {}

    /// Notes that a request leaves its client. Gives its number. `staleness` is for requests that only read.
    package mutating func invoke(_ request: Request, by client: Int, at time: UInt64, staleness: UInt64 = 0) -> Int {
        slots.append(
            ClientOperation(
                number: slots.count, client: client, request: request, invokedAt: time, reply: nil,
                staleness: staleness))
        return slots.count - 1
    }

    /// Notes an answer. The first one counts, and one for an unknown request does not.
    package mutating func answer(_ number: Int, _ answer: Answer, at time: UInt64, revision: UInt64? = nil) {
        guard slots.indices.contains(number), let slot = slots[number], slot.reply == nil else { return }
        slots[number]?.reply = ClientOperation.Reply(
            answer: answer, at: max(time, slot.invokedAt), revision: revision)
    }

    /// Notes that a request is known to have had no effect and never will: refused before it was proposed. Whoever sees
    /// an effect of it is then wrong. Of a request whose fate is unknown nothing is noted.
    package mutating func withdraw(_ number: Int) {
        guard slots.indices.contains(number), slots[number]?.reply == nil else { return }
        slots[number] = nil
    }

    /// All but those withdrawn, by number.
    package var operations: [ClientOperation<Request, Answer>] { slots.compactMap { $0 } }

    /// How many requests were noted, with those withdrawn.
    package var count: Int { slots.count }
}

extension ClientHistory: Sendable where Request: Sendable, Answer: Sendable {}
