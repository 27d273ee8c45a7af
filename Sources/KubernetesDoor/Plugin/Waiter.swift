import Synchronization

/// One caller that waits for a value or for the cancellation of its task, whichever comes first.
final class Waiter<Value: Sendable>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Value?, Never>)
        case ended(Value?)
    }

    private let state = Mutex(State.idle)

    /// The value, or nil if the caller's task was cancelled before it came. For one task, once.
    func value() async -> Value? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ended: Value?? = state.withLock { state in
                    if case .ended(let value) = state { return .some(value) }
                    state = .waiting(continuation)
                    return .none
                }
                if let ended { continuation.resume(returning: ended) }
            }
        } onCancel: {
            _ = end(nil)
        }
    }

    /// Gives the value. False if the caller has gone.
    func resume(_ value: Value) -> Bool { end(value) }

    private func end(_ value: Value?) -> Bool {
        let (isFirst, continuation): (Bool, CheckedContinuation<Value?, Never>?) = state.withLock { state in
            switch state {
            case .ended: return (false, nil)
            case .idle:
                state = .ended(value)
                return (true, nil)
            case .waiting(let continuation):
                state = .ended(value)
                return (true, continuation)
            }
        }
        continuation?.resume(returning: value)
        return isFirst
    }
}
