import NIOCore

/// Issues the calls of an open loop when they are due, over the connections of one event loop in turn. Confined to that
/// loop.
final class Pacer {
    private let connections: [LoadConnection]
    private let loop: any EventLoop
    private let interval: Double
    private let start: NIODeadline
    private let end: NIODeadline
    private var issued = 0

    /// - Parameter rate: calls per second of this loop.
    init(
        connections: [LoadConnection], loop: any EventLoop, rate: Double, start: NIODeadline, end: NIODeadline
    ) {
        self.connections = connections
        self.loop = loop
        self.interval = 1e9 / rate
        self.start = start
        self.end = end
    }

    private var due: NIODeadline { start + .nanoseconds(Int64(Double(issued) * interval)) }

    func run() {
        let now = NIODeadline.now()
        while due <= now, due < end {
            connections[issued % connections.count].issue(due: due)
            issued += 1
        }
        guard due < end else {
            for connection in connections { connection.finishIfIdle() }
            return
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(deadline: due) { bound.value.run() }
    }
}
