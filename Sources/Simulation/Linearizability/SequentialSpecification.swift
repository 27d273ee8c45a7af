/// An object as it would be if there were one copy of it and one caller at a time: what a replicated one is measured by
/// (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", TOPLAS 1990).
package protocol SequentialSpecification: Sendable {
    /// What is asked of the object.
    associatedtype Request: Hashable, Sendable
    /// What it says.
    associatedtype Answer: Equatable, Sendable
    /// Equal states answer alike for ever.
    associatedtype State: Hashable, Sendable
    /// A part of the state that requests touch apart from other parts.
    associatedtype Object: Hashable, Sendable

    var initialState: State { get }

    /// Every part of the state that the request reads or writes.
    func objects(of request: Request) -> [Object]

    /// Whether the request leaves every state as it is, given its answer: a refusal mostly does.
    func isReading(_ request: Request, answered answer: Answer?) -> Bool

    /// The request without what makes no difference to the object: equal ones do the same in every state.
    func canonical(_ request: Request) -> Request

    /// Carries the request out.
    func perform(_ request: Request, on state: inout State) -> Answer

    /// The state after an answer that is right although `perform` gives another one; nil where the answer is wrong.
    func alternative(to request: Request, answered answer: Answer, in state: State) -> State?

    /// Whether the object may answer so in this state or in any that it can come to. A yes that is wrong costs time, a
    /// no that is wrong finds mistakes that are none.
    func mayAnswer(_ answer: Answer, to request: Request, from state: State) -> Bool

    /// A few words for a reader.
    func text(of request: Request) -> String
    func text(of answer: Answer) -> String
    func text(of state: State) -> String
}

extension SequentialSpecification {
    package func alternative(to request: Request, answered answer: Answer, in state: State) -> State? { nil }
    package func canonical(_ request: Request) -> Request { request }
    package func mayAnswer(_ answer: Answer, to request: Request, from state: State) -> Bool { true }

    func isReading(_ operation: ClientOperation<Request, Answer>) -> Bool {
        isReading(operation.request, answered: operation.reply?.answer)
    }

    /// The state after an operation, or nil where its answer is not explained. An operation without an answer may have
    /// had any.
    func state(after operation: ClientOperation<Request, Answer>, in state: State) -> State? {
        var next = state
        let answer = perform(operation.request, on: &next)
        guard let reply = operation.reply, reply.answer != answer else { return next }
        return alternative(to: operation.request, answered: reply.answer, in: state)
    }
}
