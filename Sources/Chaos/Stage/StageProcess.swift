import Glibc
import Synchronization
package import Topology

/// One process of a run: started, hurt and ended. It may be started again and again.
package final class StageProcess: Sendable {
    private struct State {
        var running: DetachedProcess?
        /// Ends from now on were asked for.
        var isEndAsked = false
        var isPaused = false
        /// The share of its time that the process gets, and the number of the thread that sees to it.
        var share: Double?
        var slicer = 0
        /// It was ended for good: no start any more.
        var isClosed = false
    }

    package let name: String
    let logPath: String
    private let clock: StageClock
    private let launch: @Sendable () throws -> DetachedProcess
    private let state = Mutex(State())

    /// `launch` starts the process where it belongs, and blocks until it has a pid.
    package init(
        _ name: String, logPath: String, clock: StageClock, launch: @escaping @Sendable () throws -> DetachedProcess
    ) {
        self.name = name
        self.logPath = logPath
        self.clock = clock
        self.launch = launch
    }

    /// Nil while the process does not run.
    package var pid: Int32? { state.withLock { $0.running.flatMap { $0.status == nil ? $0.pid : nil } } }

    /// Starts it unless it runs, and returns when `isReady` says so, with the time that took; zero if it ran already.
    /// Blocks. Throws when the process ends or is not ready in `time`, with the end of its log.
    package func start(within time: Duration = .seconds(60), isReady: () -> Bool) throws -> Duration {
        let start = ContinuousClock.now
        let process: DetachedProcess
        let isNew: Bool
        if let running = state.withLock({ $0.running }), running.status == nil {
            (process, isNew) = (running, false)
        } else {
            (process, isNew) = (try begin(), true)
        }
        while !isReady() {
            if let status = process.status { throw failure("\(Self.words(for: status)) before it was ready") }
            guard ContinuousClock.now - start < time else { throw failure("is not ready after \(time)") }
            usleep(10_000)
        }
        let took = ContinuousClock.now - start
        if isNew { clock.tell(.nodeReady, "\(name) is ready after \(Self.seconds(took))", nodes: [name]) }
        return isNew ? took : .zero
    }

    private func begin() throws -> DetachedProcess {
        let process = try state.withLock { state in
            guard !state.isClosed else { throw ChaosError(name, "the run is over") }
            let process = try launch()
            state.running = process
            state.isEndAsked = false
            state.isPaused = false
            return process
        }
        clock.tell(.nodeStarted, "\(name) starts, pid \(process.pid)", nodes: [name])
        BlockingCall.start { [self] in
            let status = process.wait()
            let isAsked = state.withLock { state in state.running !== process || state.isEndAsked }
            if !isAsked {
                clock.tell(.nodeEnded, "\(name) \(Self.words(for: status)); \(lastWords)", nodes: [name])
            }
        }
        return process
    }

    private func failure(_ problem: String) -> ChaosError { ChaosError(name, "\(problem); \(lastWords)") }

    private var lastWords: String {
        let lines = TextFile.lastLines(6, of: logPath)
        return lines.isEmpty ? "its log is empty" : "its log ends with: \(lines.joined(separator: " | "))"
    }

    private static func seconds(_ time: Duration) -> String {
        "\(Double(Int64(time / .milliseconds(1))) / 1000) s"
    }

    /// What wait(2) says.
    static func words(for status: Int32) -> String {
        let signal = status & 0x7f
        return signal == 0 ? "ended with status \(status >> 8 & 0xff)" : "was ended by signal \(signal)"
    }

    // MARK: - Ends

    /// SIGKILL; blocks until the process is gone.
    package func kill() { beginKill()?.wait() }

    /// SIGKILL, without waiting for what comes of it. Returns what was killed.
    @discardableResult
    package func beginKill() -> DetachedProcess? {
        let process = state.withLock { state in
            state.isEndAsked = true
            return state.running
        }
        process?.send(SIGKILL)
        return process
    }

    /// SIGTERM, and blocks until the process has ended. Kills it after `grace`, and throws then.
    package func stop(grace: Duration = .seconds(30)) throws(ChaosError) {
        let process = state.withLock { state in
            state.isEndAsked = true
            state.isPaused = false
            return state.running
        }
        guard let process, process.status == nil else { return }
        process.send(SIGTERM)
        process.send(SIGCONT)
        let end = ContinuousClock.now + grace
        while process.status == nil {
            guard ContinuousClock.now < end else {
                process.send(SIGKILL)
                process.wait()
                throw failure("had not ended \(grace) after it was asked to, and was killed")
            }
            usleep(10_000)
        }
    }

    /// Ends it for good: it is not started any more.
    package func close(grace: Duration = .seconds(5)) {
        state.withLock { state in
            state.isClosed = true
            state.share = nil
        }
        try? stop(grace: grace)
    }

    // MARK: - Time

    /// SIGSTOP.
    package func pause() throws(ChaosError) { try setPaused(true) }

    /// SIGCONT.
    package func resume() throws(ChaosError) { try setPaused(false) }

    private func setPaused(_ isPaused: Bool) throws(ChaosError) {
        let isSent = state.withLock { state in
            state.isPaused = isPaused
            return state.running?.send(isPaused ? SIGSTOP : SIGCONT) ?? false
        }
        guard isSent || !isPaused else { throw ChaosError(name, "does not run, so it cannot be paused") }
    }

    /// Lets the process run only for this share of its time, in slices of a tenth of a second; nil: always. Holds for
    /// the processes that are started later, too.
    package func limit(to share: Double?) throws(ChaosError) {
        if let share, !(share > 0 && share < 1) {
            throw ChaosError(name, "a share of its time is between 0 and 1, not \(share)")
        }
        let number = state.withLock { state in
            state.share = share
            state.slicer += 1
            return state.slicer
        }
        guard share != nil else { return }
        let isStarted = BlockingCall.start { [self] in slice(number) }
        guard isStarted else { throw ChaosError(name, "no thread can be made to slow it down") }
    }

    private func slice(_ number: Int) {
        let period = 100_000.0
        while true {
            let share = state.withLock { state -> Double? in
                guard state.slicer == number, let share = state.share else { return nil }
                if !state.isPaused { state.running?.send(SIGSTOP) }
                return share
            }
            guard let share else { break }
            usleep(UInt32(period * (1 - share)))
            let isOver = state.withLock { state in
                if !state.isPaused { state.running?.send(SIGCONT) }
                return state.slicer != number || state.share == nil
            }
            if isOver { break }
            usleep(UInt32(max(1, period * share)))
        }
    }
}
