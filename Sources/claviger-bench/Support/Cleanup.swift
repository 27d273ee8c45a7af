import Dispatch
import Glibc
import Synchronization

/// What must be undone however the program ends: processes stopped, directories removed. Last made, first undone.
enum Cleanup {
    private static let steps = Mutex<[@Sendable () -> Void]>([])
    private static let guards = Mutex<Guards?>(nil)

    private struct Guards: Sendable {
        // SAFETY: kept only so that they stay armed; never touched again.
        nonisolated(unsafe) let sources: [any DispatchSourceProtocol]
    }

    static func add(_ step: @escaping @Sendable () -> Void) { steps.withLock { $0.append(step) } }

    static func run() {
        let taken = steps.withLock { steps in
            let taken = steps
            steps = []
            return taken
        }
        for step in taken.reversed() { step() }
    }

    /// Ends the program in order when it is interrupted or has run for `seconds`.
    static func arm(limit seconds: Int) {
        let queue = DispatchQueue(label: "cleanup")
        var sources: [any DispatchSourceProtocol] = []
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { leave("interrupted") }
            source.resume()
            sources.append(source)
        }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + .seconds(seconds))
        timer.setEventHandler { leave("not done after \(seconds) s; --limit allows more") }
        timer.resume()
        sources.append(timer)
        let kept = Guards(sources: sources)
        guards.withLock { $0 = kept }
    }

    private static func leave(_ reason: String) {
        run()
        Console.complain("claviger-bench: \(reason)")
        exit(1)
    }
}
