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
final class SnapshotSender: Sendable {
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

    init(network: any PeerNetwork, gate: GroupGate, report: @escaping @Sendable (sending ShardEvent) -> Void) {
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

    func send(_ dispatch: SnapshotDispatch) {
        queue.yield(Job(offer: dispatch.offer, to: dispatch.to, source: dispatch.source))
    }

    /// A snapshot that may not go, or may not come.
    static func outside(_ group: GroupID) -> ClusterError { .refused("group \(group.rawValue) may not be held there") }

    private static func transfer(_ job: Job, over network: any PeerNetwork, through gate: GroupGate) async -> Bool {
        do {
            guard gate.maySend(job.offer.group, to: job.to) else { throw outside(job.offer.group) }
            let offer = try job.offer.encoded()
            var next = try decode(
                next: await network.call(.snapshotOffer, on: job.to, body: offer, timeout: callTimeout))
            while true {
                guard gate.maySend(job.offer.group, to: job.to) else { throw outside(job.offer.group) }
                let chunk = try job.source.chunk(next)
                let started = ContinuousClock.now
                let body = encode(offer: offer, chunk: chunk)
                next = try decode(
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

    // MARK: Format: docs/formats.md, "Snapshot transfer"

    static func encode(next: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: next)
        return bytes
    }

    static func decode(next bytes: [UInt8]) throws(ClusterError) -> UInt64 {
        guard bytes.count == 8 else { throw .refused("the answer to a chunk is malformed") }
        return bytes.bigEndian(at: 0)
    }

    static func encode(offer: [UInt8], chunk: SnapshotChunk) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(offer.count + chunk.bytes.count + 32)
        bytes.append(bigEndian: UInt64(offer.count))
        bytes.append(contentsOf: offer)
        bytes.append(bigEndian: chunk.sequence)
        bytes.append(bigEndian: UInt64(chunk.crc))
        bytes.append(chunk.isLast ? 1 : 0)
        bytes.append(contentsOf: chunk.bytes)
        return bytes
    }

    static func decodeChunk(_ bytes: [UInt8]) throws(ClusterError) -> (SnapshotOffer, SnapshotChunk) {
        guard bytes.count >= 8 else { throw .refused("a chunk is malformed") }
        let length = bytes.bigEndian(at: 0)
        guard length <= 1 << 16, bytes.count >= 8 + Int(length) + 17 else { throw .refused("a chunk is malformed") }
        let body = 8 + Int(length)
        let offer = try SnapshotOffer(decoding: Array(bytes[8..<body]))
        guard let crc = UInt32(exactly: bytes.bigEndian(at: body + 8)) else { throw .refused("a chunk is malformed") }
        let chunk = SnapshotChunk(
            sequence: bytes.bigEndian(at: body), isLast: bytes[body + 16] == 1, bytes: Array(bytes[(body + 17)...]),
            crc: crc)
        return (offer, chunk)
    }
}

extension SnapshotOffer {
    /// Fixed-width numbers, big-endian; lists with a 64-bit count. docs/formats.md, "Snapshot transfer".
    func encoded() throws(ClusterError) -> [UInt8] {
        var bytes: [UInt8] = [1]
        let metadata = descriptor.metadata
        for value in [
            group.rawValue, from.rawValue, to.rawValue, term.rawValue, metadata.position.term.rawValue,
            metadata.position.index.rawValue, descriptor.totalBytes, descriptor.totalRows,
        ] { bytes.append(bigEndian: value) }
        guard descriptor.identifier.count == 16, descriptor.checksum.count == 32 else {
            throw .refused("the snapshot's descriptor is malformed")
        }
        bytes += descriptor.identifier + descriptor.checksum
        let members = metadata.membership
        for list in [members.voters, members.learners, members.votersOutgoing, members.learnersNext] {
            bytes.append(bigEndian: UInt64(list.count))
            for replica in list { bytes.append(bigEndian: replica.rawValue) }
        }
        bytes.append(members.autoLeave ? 1 : 0)
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(ClusterError) {
        let malformed = ClusterError.refused("a snapshot offer is malformed")
        var offset = 1
        func number() throws(ClusterError) -> UInt64 {
            guard bytes.count >= offset + 8 else { throw malformed }
            defer { offset += 8 }
            return bytes.bigEndian(at: offset)
        }
        func run(_ count: Int) throws(ClusterError) -> [UInt8] {
            guard bytes.count >= offset + count else { throw malformed }
            defer { offset += count }
            return Array(bytes[offset..<offset + count])
        }
        func replicas() throws(ClusterError) -> [ReplicaID] {
            let count = try number()
            guard count <= 64 else { throw malformed }
            var list: [ReplicaID] = []
            for _ in 0..<count { list.append(ReplicaID(try number())) }
            return list
        }
        guard bytes.first == 1 else { throw malformed }
        group = GroupID(try number())
        from = ReplicaID(try number())
        to = ReplicaID(try number())
        term = Term(try number())
        let position = LogPosition(term: Term(try number()), index: LogIndex(try number()))
        let totalBytes = try number()
        let totalRows = try number()
        let identifier = try run(16)
        let checksum = try run(32)
        let membership = Membership(
            voters: try replicas(), learners: try replicas(), votersOutgoing: try replicas(),
            learnersNext: try replicas(),
            autoLeave: try run(1) == [1])
        guard offset == bytes.count else { throw malformed }
        descriptor = SnapshotDescriptor(
            metadata: SnapshotMetadata(position: position, membership: membership), identifier: identifier,
            totalBytes: totalBytes, totalRows: totalRows, checksum: checksum)
    }
}
