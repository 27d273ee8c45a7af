package import Peering
import Raft
import Storage
import Wire

extension PeerService {
    /// Offers a snapshot; the answer is the first chunk wanted.
    package static let snapshotOffer = PeerService(rawValue: 1)
    /// One chunk; the answer is the next one wanted.
    package static let snapshotChunk = PeerService(rawValue: 2)
}

/// Sends snapshots chunk by chunk, one at a time, no faster than a set rate, and tells the shard how it ended.
package final class SnapshotSender: Sendable {
    /// Bytes per second. Control traffic has its own connection, but the disks and the link are shared.
    static let bytesPerSecond: UInt64 = 32 << 20
    static let callTimeout: Duration = .seconds(10)

    private let network: any PeerNetwork
    private let report: @Sendable (sending ShardEvent) -> Void
    private let queue: AsyncStream<Job>.Continuation

    private struct Job: Sendable {
        var offer: SnapshotOffer
        var to: ReplicaID
        var source: any SnapshotSource
    }

    /// Sends over the network to whom the gate lets a group's bytes go. `report` is called once for each snapshot, with
    /// the event that tells the shard how it ended.
    package init(network: any PeerNetwork, gate: GroupGate, report: @escaping @Sendable (sending ShardEvent) -> Void) {
        self.network = network
        self.report = report
        let (stream, continuation) = AsyncStream.makeStream(of: Job.self)
        queue = continuation
        Task { [network] in
            for await job in stream {
                let succeeded = await Self.transfer(job, over: network, through: gate)
                report(.snapshotSent(job.offer.group, to: job.to, succeeded: succeeded))
            }
        }
    }

    deinit { queue.finish() }

    /// Queues a snapshot behind those before it.
    package func send(_ dispatch: SnapshotDispatch) {
        queue.yield(Job(offer: dispatch.offer, to: dispatch.to, source: dispatch.source))
    }

    /// A snapshot that may not go, or may not come.
    static func outside(_ group: GroupID) -> ClusterError { .refused("group \(group.rawValue) may not be held there") }

    private static func transfer(_ job: Job, over network: any PeerNetwork, through gate: GroupGate) async -> Bool {
        do {
            guard gate.maySend(job.offer.group, to: job.to) else { throw outside(job.offer.group) }
            let offer = try job.offer.encoded()
            var next = try SnapshotWire.decode(
                next: await network.call(.snapshotOffer, on: job.to, body: offer, timeout: callTimeout))
            while true {
                guard gate.maySend(job.offer.group, to: job.to) else { throw outside(job.offer.group) }
                let chunk = try job.source.chunk(next)
                let started = ContinuousClock.now
                let body = SnapshotWire.encode(offer: offer, chunk: chunk)
                next = try SnapshotWire.decode(
                    next: await network.call(.snapshotChunk, on: job.to, body: body, timeout: callTimeout))
                if chunk.isLast { return true }
                let share = Duration.nanoseconds(Int64(UInt64(chunk.bytes.count) * 1_000_000_000 / bytesPerSecond))
                try await Task.sleep(until: started + share)
            }
        } catch {
            // The shard learns that it failed; consensus probes the follower and asks for another one.
            return false
        }
    }
}
