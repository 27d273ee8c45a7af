import Glibc
import Synchronization

/// A thread that is made for one call and ends with it, so that the call may change what belongs to its thread alone:
/// its namespaces, its name.
final class PassingThread<Success: Sendable>: Sendable {
    private let body: @Sendable () -> Success
    private let result = Mutex<Success?>(nil)

    private init(body: @escaping @Sendable () -> Success) { self.body = body }

    /// Runs `body` on a thread of its own and blocks until it has ended; nil when the system gives no thread.
    static func run(_ body: @escaping @Sendable () -> Success) -> Success? {
        let passing = PassingThread(body: body)
        let argument = Unmanaged.passRetained(passing as AnyObject)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let object = Unmanaged<AnyObject>.fromOpaque(argument).takeRetainedValue()
                (object as? any Runnable)?.runOnThread()
                return nil
            }, argument.toOpaque())
        guard failure == 0 else {
            argument.release()
            return nil
        }
        pthread_join(thread, nil)
        return passing.result.withLock { $0 }
    }
}

/// What a C function, which knows no generic types, can run.
private protocol Runnable: AnyObject {
    func runOnThread()
}

extension PassingThread: Runnable {
    fileprivate func runOnThread() {
        let success = body()
        result.withLock { $0 = success }
    }
}
