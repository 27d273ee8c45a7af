import NIOCore
import UnaryGRPC

/// One call over several nodes: an attempt, the next one at once when it fails, a second one beside it when it is slow;
/// the first good answer wins and the others are cancelled. Confined to the client's loop.
final class CallRace {
    struct Request {
        var method: String
        var message: ByteBuffer
        var route: CallRoute
        /// Changes nothing, so two nodes may be asked at a time.
        var mayHedge: Bool
        var deadline: NIODeadline
        /// Each node of the route is asked once at most: the answer says how they are, not what the federation serves.
        var asksOnce = false
        var trace: CallTrace?
    }

    private let core: ClientCore
    private let request: Request
    private var completion: ((Result<ByteBuffer, ClientError>) -> Void)?
    private var candidates: [NodeLink] = []
    private var next = 0
    private var round = 0
    private var running: [(number: UInt64, link: NodeLink)] = []
    private var attempts: UInt64 = 0
    private var timers: [Scheduled<Void>] = []
    private var lastStatus: GRPCStatus?
    private var mayHaveHappened = false
    /// Whose answer is the call's.
    private var answeredBy: String?

    init(core: ClientCore, request: Request, completion: @escaping (Result<ByteBuffer, ClientError>) -> Void) {
        self.core = core
        self.request = request
        self.completion = completion
    }

    func start() {
        after(request.deadline - .now()) { $0.expire() }
        beginRound()
    }

    func cancel() { finish(.failure(ClientError(.cancelled, "the call was cancelled"))) }

    private func after(_ wait: TimeAmount, _ body: @escaping (CallRace) -> Void) {
        timers.append(
            // Held strongly: between two rounds nothing else keeps the race alive. `finish` cancels, which lets go.
            core.eventLoop.assumeIsolated().scheduleTask(in: wait) { body(self) })
    }

    private func beginRound() {
        guard completion != nil else { return }
        core.withCandidates(request.route) { [self] result in
            guard completion != nil else { return }
            switch result {
            case .success(let links):
                candidates = links
                next = 0
                attemptNext()
            case .failure(let error) where error.code == .unreachable && !request.asksOnce:
                lastStatus = GRPCStatus(.unavailable, error.message, wasProcessed: false)
                pauseBeforeNextRound()
            case .failure(let error):
                finish(.failure(error))
            }
        }
    }

    private func attemptNext() {
        guard completion != nil else { return }
        guard next < candidates.count else {
            guard running.isEmpty else { return }
            if request.asksOnce { finish(.failure(leftOver)) } else { pauseBeforeNextRound() }
            return
        }
        let link = candidates[next]
        next += 1
        attempts += 1
        let attempt = attempts
        if request.mayHedge, next < candidates.count {
            after(core.configuration.hedgeDelay) { race in
                // One beside each slow one, never more than two at a time.
                if race.running.map(\.number) == [attempt] { race.attemptNext() }
            }
        }
        let bound = NIOLoopBound(self, eventLoop: core.eventLoop)
        running.append((attempt, link))
        let deadline = min(request.deadline, .now() + core.configuration.attemptTimeout)
        let id = request.trace?.begin(node: link.endpoint.node)
        let number = link.client.call(
            request.method, request.message, deadline: deadline, requestID: id
        ) { result in
            bound.value.ended(attempt, link: bound.value.link(of: attempt), result)
        }
        numbers[attempt] = number
    }

    private var numbers: [UInt64: UInt64] = [:]

    private func link(of attempt: UInt64) -> NodeLink? { running.first { $0.number == attempt }?.link }

    private func ended(_ attempt: UInt64, link: NodeLink?, _ result: Result<ByteBuffer, GRPCStatus>) {
        running.removeAll { $0.number == attempt }
        guard completion != nil, let link else { return }
        switch result {
        case .success(let message):
            link.succeeded()
            // Who was asked before and is still silent is probed before it is asked first again.
            for slower in running where slower.number < attempt { slower.link.failed() }
            answeredBy = link.endpoint.node
            finish(.success(message))
        case .failure(let status):
            let verdict = AttemptVerdict(status)
            if let trace = request.trace, let name = status.metadata[ErrorMetadata.code],
                let code = ClientError.Code(rawValue: name)
            {
                trace.refused(code)
            }
            if status.wasProcessed, verdict != .final { mayHaveHappened = true }
            if verdict == .elsewhereAndAvoid { link.failed() } else { link.succeeded() }
            if status.metadata[ErrorMetadata.code] != nil, verdict != .final || status.code == .permissionDenied {
                core.refreshSoon()
            }
            if verdict == .final {
                answeredBy = link.endpoint.node
                // Without a code of ours it was not the node that decided, but something on the way to it or back.
                if status.wasProcessed, status.metadata[ErrorMetadata.code] == nil { mayHaveHappened = true }
                return finish(.failure(ClientError(status)))
            }
            // What a node said tells more than that the time for the next one was short.
            if lastStatus == nil || status.code != .deadlineExceeded { lastStatus = status }
            attemptNext()
        }
    }

    private func pauseBeforeNextRound() {
        round += 1
        let longest = Int64(20) << Int64(min(round, 5))
        core.refreshSoon()
        after(.milliseconds(Int64.random(in: longest / 2...longest))) { $0.beginRound() }
    }

    private func expire() { finish(.failure(leftOver)) }

    /// What a call ends with that nobody answered.
    private var leftOver: ClientError {
        let isWrite = if case .holders(_, let write) = request.route { write } else { false }
        if isWrite, mayHaveHappened || !running.isEmpty {
            return ClientError(.outcomeUnknown, "no node said in time whether the change was made")
        } else if let lastStatus, lastStatus.code != .deadlineExceeded {
            return ClientError(lastStatus)
        } else {
            return ClientError(.deadlineExceeded, "no node answered in time")
        }
    }

    private func finish(_ result: Result<ByteBuffer, ClientError>) {
        guard let body = completion else { return }
        completion = nil
        request.trace?.end(answeredBy: answeredBy, mayHaveHappened: mayHaveHappened || !running.isEmpty)
        for timer in timers { timer.cancel() }
        timers = []
        for attempt in running { if let number = numbers[attempt.number] { attempt.link.client.cancel(number) } }
        running = []
        body(result)
    }
}
