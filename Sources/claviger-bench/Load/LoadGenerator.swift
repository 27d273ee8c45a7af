import Histogram
import NIOCore
import NIOPosix
import UnaryGRPC

/// Loads one server over its own connections and says what came of it.
struct LoadGenerator: Sendable {
    /// Name of what is measured: `claviger` or `etcd`.
    let subject: String
    let target: UnaryTarget
    /// The process that serves the calls, and all that work for it, if known.
    var server: [Int32] = []
    var servers: [Int32] = []

    func measure(_ workload: any Workload, _ plan: LoadPlan) async throws -> Measurement {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: plan.threads)
        let clients = try await connect(plan, group)
        let start = NIODeadline.now() + .milliseconds(20)
        let window = (start + plan.warmup)..<(start + plan.warmup + plan.duration)
        var byLoop: [(loop: any EventLoop, clients: [(Int, UnaryClient)])] = []
        for (index, client) in clients.enumerated() {
            if let place = byLoop.firstIndex(where: { $0.loop === client.eventLoop }) {
                byLoop[place].clients.append((index, client))
            } else {
                byLoop.append((client.eventLoop, [(index, client)]))
            }
        }
        let share = (plan.rate ?? 0) / Double(byLoop.count)
        let running = byLoop.map { entry in
            Self.start(entry.clients, workload, plan, on: entry.loop, rate: share, start: start, window: window)
        }
        let before = try await usage(at: window.lowerBound)
        let after = try await usage(at: window.upperBound)
        var counts = Tally.Counts()
        for loop in running {
            let part = try await loop.get()
            counts.latency.add(part.latency)
            counts.calls += part.calls
            counts.errors.merge(part.errors, uniquingKeysWith: +)
        }
        for client in clients { await client.close() }
        try await group.shutdownGracefully()
        return Measurement(subject: subject, workload: workload, plan: plan, counts: counts, used: after - before)
    }

    /// Makes all connections and one call to be sure of each.
    private func connect(_ plan: LoadPlan, _ group: MultiThreadedEventLoopGroup) async throws -> [UnaryClient] {
        var configuration = UnaryClientConfiguration()
        configuration.maximumInFlight = 65_536
        configuration.waitsForReady = true
        configuration.connectTimeout = .seconds(5)
        let clients = try (0..<plan.shape.connections).map { _ in
            try UnaryClient(target: target, configuration: configuration, eventLoop: group.next())
        }
        for client in clients {
            do {
                // A method that no server has: the answer only shows that the connection carries calls.
                _ = try await client.call("/claviger.bench/Hello", ByteBuffer(), deadline: .now() + .seconds(10))
            } catch  where error.code == .deadlineExceeded || error.code == .unavailable {
                throw BenchFailure("\(subject): cannot connect: \(error.message)")
            } catch {}
        }
        return clients
    }

    private static func start(
        _ clients: [(Int, UnaryClient)], _ workload: any Workload, _ plan: LoadPlan, on loop: any EventLoop,
        rate: Double, start: NIODeadline, window: Range<NIODeadline>
    ) -> EventLoopFuture<Tally.Counts> {
        loop.flatScheduleTask(deadline: start) {
            let tally = Tally(window: window)
            let connections = clients.map { index, client in
                LoadConnection(
                    client: client, workload: workload, tally: tally, plan: plan, end: window.upperBound, index: index)
            }
            if plan.rate == nil {
                for connection in connections { connection.startClosedLoop() }
            } else {
                Pacer(connections: connections, loop: loop, rate: rate, start: start, end: window.upperBound).run()
            }
            let bound = NIOLoopBound(tally, eventLoop: loop)
            return EventLoopFuture.andAllComplete(connections.map(\.idle), on: loop).map { bound.value.counts }
        }.futureResult
    }

    private func usage(at moment: NIODeadline) async throws -> Usage {
        let wait = moment - .now()
        if wait > .zero { try await Task.sleep(for: .nanoseconds(wait.nanoseconds)) }
        return Usage(
            generator: ProcessTime.own(), server: ProcessTime.used(by: server), servers: ProcessTime.used(by: servers))
    }

    /// CPU seconds.
    struct Usage: Sendable {
        var generator: Double
        var server: Double
        var servers: Double

        static func - (a: Usage, b: Usage) -> Usage {
            Usage(generator: a.generator - b.generator, server: a.server - b.server, servers: a.servers - b.servers)
        }
    }
}
