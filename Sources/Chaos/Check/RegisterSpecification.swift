import Simulation

/// A register of etcd: what was put last is read.
struct RegisterSpecification: SequentialSpecification {
    enum Request: Hashable, Sendable {
        case put(UInt64)
        case get
    }

    enum Answer: Equatable, Sendable {
        case done
        /// Nil: nothing was ever put.
        case value(UInt64?)
    }

    /// Histories are of one register each.
    enum Object: Hashable, Sendable { case register }

    let initialState: UInt64? = nil

    func objects(of request: Request) -> [Object] { [.register] }

    func isReading(_ request: Request, answered answer: Answer?) -> Bool { request == .get }

    func perform(_ request: Request, on state: inout UInt64?) -> Answer {
        guard case .put(let value) = request else { return .value(state) }
        state = value
        return .done
    }

    /// Nothing is taken away.
    func mayAnswer(_ answer: Answer, to request: Request, from state: UInt64?) -> Bool {
        state == nil || answer != .value(nil)
    }

    func text(of request: Request) -> String {
        switch request {
        case .put(let value): "put \(value)"
        case .get: "get"
        }
    }

    func text(of answer: Answer) -> String {
        switch answer {
        case .done: "done"
        case .value(let value): text(of: value)
        }
    }

    func text(of state: UInt64?) -> String { state.map { "\($0)" } ?? "nothing" }
}
