import Raft
package import Storage
import Wire

/// The bytes of a snapshot's transfer: docs/formats.md, "Snapshot transfer".
package enum SnapshotWire {
    /// Members in each list of a membership.
    static let members = 64
    private static let offerBytes = 1 << 16
    private static let chunkHead = 17

    /// An answer: the next chunk that is wanted.
    package static func encode(next: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: next)
        return bytes
    }

    /// Reads an answer.
    package static func decode(next bytes: [UInt8]) throws(ClusterError) -> UInt64 {
        guard bytes.count == 8 else { throw .refused("the answer to a chunk is malformed") }
        return bytes.bigEndian(at: 0)
    }

    /// A chunk behind the offer that it belongs to.
    package static func encode(offer: [UInt8], chunk: SnapshotChunk) -> [UInt8] {
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

    /// Reads a chunk and its offer; bytes that no sender writes are refused.
    package static func decodeChunk(_ bytes: [UInt8]) throws(ClusterError) -> (SnapshotOffer, SnapshotChunk) {
        let malformed = ClusterError.refused("a chunk is malformed")
        guard bytes.count >= 8 else { throw malformed }
        let length = bytes.bigEndian(at: 0)
        guard length <= offerBytes, bytes.count >= 8 + Int(length) + chunkHead else { throw malformed }
        let body = 8 + Int(length)
        let offer = try SnapshotOffer(decoding: Array(bytes[8..<body]))
        guard let crc = UInt32(exactly: bytes.bigEndian(at: body + 8)), bytes[body + 16] <= 1 else { throw malformed }
        let chunk = SnapshotChunk(
            sequence: bytes.bigEndian(at: body), isLast: bytes[body + 16] == 1,
            bytes: Array(bytes[(body + chunkHead)...]), crc: crc)
        return (offer, chunk)
    }
}

extension SnapshotOffer {
    /// Fixed-width numbers, big-endian; lists with a 64-bit count. Throws for what a receiver would refuse.
    package func encoded() throws(ClusterError) -> [UInt8] {
        try check()
        var bytes: [UInt8] = [1]
        let metadata = descriptor.metadata
        for value in [
            group.rawValue, from.rawValue, to.rawValue, term.rawValue, metadata.position.term.rawValue,
            metadata.position.index.rawValue, descriptor.totalBytes, descriptor.totalRows,
        ] { bytes.append(bigEndian: value) }
        bytes += descriptor.identifier + descriptor.checksum
        let members = metadata.membership
        for list in [members.voters, members.learners, members.votersOutgoing, members.learnersNext] {
            bytes.append(bigEndian: UInt64(list.count))
            for replica in list { bytes.append(bigEndian: replica.rawValue) }
        }
        bytes.append(members.autoLeave ? 1 : 0)
        return bytes
    }

    /// Reads an offer. What consensus and store rely on holds for every one that comes out: numbers far from overflow,
    /// lists sorted and without duplicates.
    package init(decoding bytes: [UInt8]) throws(ClusterError) {
        var offset = 1
        func run(_ count: Int) throws(ClusterError) -> [UInt8] {
            guard bytes.count >= offset + count else { throw Self.malformed }
            defer { offset += count }
            return Array(bytes[offset..<offset + count])
        }
        func number() throws(ClusterError) -> UInt64 { try run(8).bigEndian(at: 0) }
        func replicas() throws(ClusterError) -> [ReplicaID] {
            let count = try number()
            guard count <= SnapshotWire.members else { throw Self.malformed }
            var list: [ReplicaID] = []
            for _ in 0..<count { list.append(ReplicaID(try number())) }
            return list
        }
        guard bytes.first == 1 else { throw Self.malformed }
        group = GroupID(try number())
        from = ReplicaID(try number())
        to = ReplicaID(try number())
        term = Term(try number())
        let position = LogPosition(term: Term(try number()), index: LogIndex(try number()))
        let totalBytes = try number()
        let totalRows = try number()
        let identifier = try run(16)
        let checksum = try run(32)
        var membership = Membership(
            voters: try replicas(), learners: try replicas(), votersOutgoing: try replicas(),
            learnersNext: try replicas())
        let leave = try run(1)
        guard offset == bytes.count, leave[0] <= 1 else { throw Self.malformed }
        membership.autoLeave = leave == [1]
        descriptor = SnapshotDescriptor(
            metadata: SnapshotMetadata(position: position, membership: membership), identifier: identifier,
            totalBytes: totalBytes, totalRows: totalRows, checksum: checksum)
        try check()
    }

    private static let malformed = ClusterError.refused("a snapshot offer is malformed")

    /// What holds for every offer between nodes, whoever made it: as for the messages of `Wire`.
    private func check() throws(ClusterError) {
        let (position, members) = (descriptor.metadata.position, descriptor.metadata.membership)
        let counters = [group.rawValue, from.rawValue, to.rawValue, term.rawValue, position.index.rawValue]
        guard descriptor.identifier.count == 16, descriptor.checksum.count == 32,
            counters.allSatisfy({ $0 > 0 && $0 <= WireLimits.largestCounter }),
            position.term <= term
        else { throw Self.malformed }
        for list in [members.voters, members.learners, members.votersOutgoing, members.learnersNext] {
            guard list.count <= SnapshotWire.members, list.first.map({ $0 > .none }) ?? true,
                list.allSatisfy({ $0.rawValue <= WireLimits.largestCounter }),
                zip(list, list.dropFirst()).allSatisfy({ $0 < $1 })
            else { throw Self.malformed }
        }
    }
}
