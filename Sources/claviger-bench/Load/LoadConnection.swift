import NIOCore
import UnaryGRPC

/// One connection's share of the load. Confined to its client's loop.
final class LoadConnection {
    private let client: UnaryClient
    private let workload: any Workload
    private let tally: Tally
    private let plan: LoadPlan
    private let end: NIODeadline
    private var number: UInt64
    private var outstanding = 0
    private let idlePromise: EventLoopPromise<Void>

    init(
        client: UnaryClient, workload: any Workload, tally: Tally, plan: LoadPlan, end: NIODeadline, index: Int
    ) {
        self.client = client
        self.workload = workload
        self.tally = tally
        self.plan = plan
        self.end = end
        number = UInt64(index) << 40
        idlePromise = client.eventLoop.makePromise()
    }

    /// Done when no call is open after the end.
    var idle: EventLoopFuture<Void> { idlePromise.futureResult }

    func startClosedLoop() {
        for _ in 0..<plan.shape.streams { issue() }
    }

    /// One call of an open loop: its time counts from when it was due, so that a stall is seen by all who would have
    /// called meanwhile.
    func issue(due: NIODeadline? = nil) {
        let message = workload.message(number)
        number += 1
        outstanding += 1
        let start = due ?? .now()
        // The callback runs on the client's loop, where this object lives.
        let bound = NIOLoopBound(self, eventLoop: client.eventLoop)
        client.call(workload.method, message, deadline: .now() + plan.callTimeout) { result in
            bound.value.ended(start: start, isOpen: due != nil, result)
        }
    }

    private func ended(start: NIODeadline, isOpen: Bool, _ result: Result<ByteBuffer, GRPCStatus>) {
        let now = NIODeadline.now()
        outstanding -= 1
        let error: String? =
            switch result {
            case .success(let reply): workload.isGood(reply) ? nil : "bad reply"
            case .failure(let status): "\(status.code): \(status.message)"
            }
        tally.record(at: isOpen ? start : now, start: start, end: now, error: error)
        guard !isOpen else { return }
        if now >= end {
            finishIfIdle()
        } else if error == nil {
            issue()
        } else {
            // Not at once: a server that refuses everything would be asked without end on one stack.
            outstanding += 1
            let bound = NIOLoopBound(self, eventLoop: client.eventLoop)
            client.eventLoop.scheduleTask(in: .milliseconds(2)) {
                bound.value.outstanding -= 1
                bound.value.issue()
            }
        }
    }

    /// Told by the pacer at the end of an open loop, and by the last answer.
    func finishIfIdle() {
        if outstanding == 0 { return idlePromise.succeed() }
        guard plan.rate != nil else { return }
        let bound = NIOLoopBound(self, eventLoop: client.eventLoop)
        client.eventLoop.scheduleTask(in: .milliseconds(10)) { bound.value.finishIfIdle() }
    }
}
