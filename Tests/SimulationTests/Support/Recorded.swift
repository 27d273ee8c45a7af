import Raft
import Simulation

/// One operation of a history under construction. The answer may be changed before the history is made.
struct Recorded<Request, Answer> {
    var client = 0
    var request: Request
    var from: UInt64
    /// Nil while the answer is lost.
    var to: UInt64?
    var answer: Answer?
    var revision: UInt64?
    var staleness: UInt64 = 0

    init(
        _ client: Int, _ request: Request, _ from: UInt64, _ to: UInt64? = nil, _ answer: Answer? = nil,
        revision: UInt64? = nil, staleness: UInt64 = 0
    ) {
        self.client = client
        self.request = request
        self.from = from
        self.to = to
        self.answer = answer
        self.revision = revision
        self.staleness = staleness
    }
}

extension Recorded: Sendable where Request: Sendable, Answer: Sendable {}

extension ClientHistory {
    /// Numbers are the places in the list.
    init(_ list: [Recorded<Request, Answer>]) {
        self.init()
        for recorded in list {
            let number = invoke(
                recorded.request, by: recorded.client, at: recorded.from, staleness: recorded.staleness)
            guard let to = recorded.to, let answer = recorded.answer else { continue }
            self.answer(number, answer, at: to, revision: recorded.revision)
        }
    }
}

/// Clients that use one real object, each in its own time: request, effect and answer are three moments. Some answers
/// are lost, with or without an effect.
struct ClientSimulation<Request, Answer> {
    var clients: Int
    var operations: Int
    /// Of a hundred.
    var lost = 0
    var withRevisions = false
    var isReading: (Request) -> Bool

    private enum Stage { case idle, asked(Int), done(Int) }

    init(
        clients: Int, operations: Int, lost: Int = 0, withRevisions: Bool = false,
        isReading: @escaping (Request) -> Bool
    ) {
        self.clients = clients
        self.operations = operations
        self.lost = lost
        self.withRevisions = withRevisions
        self.isReading = isReading
    }

    func run(
        _ generator: inout Randomness, request: (inout Randomness) -> Request, perform: (Request) -> Answer
    ) -> [Recorded<Request, Answer>] {
        var list: [Recorded<Request, Answer>] = []
        var stages: [Stage] = Array(repeating: .idle, count: clients)
        var time: UInt64 = 0
        var revision: UInt64 = 10
        func takeEffect(_ place: Int) {
            if !isReading(list[place].request) { revision += 1 }
            list[place].answer = perform(list[place].request)
            if withRevisions { list[place].revision = revision }
        }
        while true {
            let isOver = list.count >= operations
            let busy = stages.indices.filter { if case .idle = stages[$0] { !isOver } else { true } }
            guard !busy.isEmpty else { return list }
            let client = busy[generator.draw(below: busy.count)]
            if generator.draw(below: 4) > 0 { time += 1 }
            switch stages[client] {
            case .idle:
                list.append(Recorded(client, request(&generator), time))
                stages[client] = .asked(list.count - 1)
            case .asked(let place):
                if generator.draw(below: 100) < lost {
                    // The request may be under way still: whether it takes effect is decided now, for good.
                    if generator.draw(below: 2) == 0 { takeEffect(place) }
                    stages[client] = .idle
                } else {
                    takeEffect(place)
                    stages[client] = .done(place)
                }
            case .done(let place):
                list[place].to = time
                stages[client] = .idle
            }
        }
    }
}
