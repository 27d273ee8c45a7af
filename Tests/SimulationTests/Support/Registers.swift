import Simulation

/// Numbered registers, each with a number in it: the smallest object that shows everything.
struct Registers: SequentialSpecification {
    struct Request: Hashable {
        enum Action: Hashable {
            case read
            case write(Int)
            case swap(from: Int, to: Int)
        }
        var register = 0
        var action: Action
    }

    enum Answer: Hashable {
        case value(Int)
        case done
        case failed
    }

    let initialState: [Int: Int] = [:]

    func objects(of request: Request) -> [Int] { [request.register] }
    func isReading(_ request: Request, answered answer: Answer?) -> Bool {
        request.action == .read || answer == .failed
    }

    func perform(_ request: Request, on state: inout [Int: Int]) -> Answer {
        let value = state[request.register] ?? 0
        switch request.action {
        case .read: return .value(value)
        case .write(let new): state[request.register] = new
        case .swap(let from, let to):
            guard value == from else { return .failed }
            state[request.register] = to
        }
        return .done
    }

    func text(of request: Request) -> String {
        switch request.action {
        case .read: "r\(request.register) read"
        case .write(let value): "r\(request.register) write \(value)"
        case .swap(let from, let to): "r\(request.register) swap \(from) for \(to)"
        }
    }

    func text(of answer: Answer) -> String {
        switch answer {
        case .value(let value): "\(value)"
        case .done: "done"
        case .failed: "failed"
        }
    }

    func text(of state: [Int: Int]) -> String {
        state.sorted { $0.key < $1.key }.map { "r\($0.key) is \($0.value)" }.joined(separator: ", ")
    }
}

extension Registers.Request {
    static let read = Self(action: .read)
    static func write(_ value: Int) -> Self { Self(action: .write(value)) }
    static func swap(_ from: Int, _ to: Int) -> Self { Self(action: .swap(from: from, to: to)) }
    func on(_ register: Int) -> Self { Self(register: register, action: action) }
}
