package import Raft

/// The small fixed layouts of consensus state on disk. docs/formats.md draws them byte by byte.
extension Membership {
    package var encoded: [UInt8] {
        var bytes: [UInt8] = [autoLeave ? 1 : 0]
        for list in [voters, learners, votersOutgoing, learnersNext] {
            bytes.append(bigEndian: UInt16(clamping: list.count))
            for replica in list { bytes.append(bigEndian: replica.rawValue) }
        }
        return bytes
    }

    /// Nil when `bytes` are not a membership.
    package init?(encoded bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let membership = Membership(from: &reader), reader.isAtEnd else { return nil }
        self = membership
    }

    init?(from reader: inout ByteReader) {
        guard let leave = reader.integer(UInt8.self), leave <= 1 else { return nil }
        var lists: [[ReplicaID]] = []
        for _ in 0..<4 {
            guard let count = reader.integer(UInt16.self), reader.remaining >= Int(count) * 8 else { return nil }
            var list: [ReplicaID] = []
            for _ in 0..<count {
                guard let replica = reader.integer(UInt64.self) else { return nil }
                list.append(ReplicaID(replica))
            }
            lists.append(list)
        }
        self.init(
            voters: lists[0], learners: lists[1], votersOutgoing: lists[2], learnersNext: lists[3],
            autoLeave: leave == 1)
    }
}

extension HardState {
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: term.rawValue)
        bytes.append(bigEndian: vote.rawValue)
        bytes.append(bigEndian: commit.rawValue)
        return bytes
    }

    package init?(encoded bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let term = reader.integer(UInt64.self), let vote = reader.integer(UInt64.self),
            let commit = reader.integer(UInt64.self), reader.isAtEnd
        else { return nil }
        self.init(term: Term(term), vote: ReplicaID(vote), commit: LogIndex(commit))
    }
}

extension LogPosition {
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: term.rawValue)
        bytes.append(bigEndian: index.rawValue)
        return bytes
    }

    init?(from reader: inout ByteReader) {
        guard let term = reader.integer(UInt64.self), let index = reader.integer(UInt64.self) else { return nil }
        self.init(term: Term(term), index: LogIndex(index))
    }
}

extension StoreIdentity {
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: UInt16(clamping: cluster.count))
        bytes += cluster
        bytes.append(bigEndian: node)
        bytes.append(bigEndian: incarnation)
        bytes.append(bigEndian: UInt16(clamping: store.count))
        bytes += store
        return bytes
    }

    package init?(encoded bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let length = reader.integer(UInt16.self), let cluster = reader.take(Int(length)),
            let node = reader.integer(UInt16.self), let incarnation = reader.integer(UInt16.self),
            let size = reader.integer(UInt16.self), let store = reader.take(Int(size)), reader.isAtEnd
        else { return nil }
        self.init(cluster: cluster, node: node, incarnation: incarnation, store: store)
    }

    /// What no store may be made with.
    func check() throws(StorageError) {
        guard node > 0, incarnation > 0, store.count == 16, cluster.count <= Int(UInt16.max) else {
            throw .wrongIdentity("node and incarnation count from 1, a store id has 16 bytes")
        }
    }
}

extension SnapshotDescriptor {
    package var encoded: [UInt8] {
        var bytes = metadata.position.encoded
        bytes.append(bigEndian: totalBytes)
        bytes.append(bigEndian: totalRows)
        for field in [identifier, checksum] {
            bytes.append(bigEndian: UInt16(clamping: field.count))
            bytes += field
        }
        return bytes + metadata.membership.encoded
    }

    package init?(encoded bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let position = LogPosition(from: &reader), let size = reader.integer(UInt64.self),
            let rows = reader.integer(UInt64.self),
            let nameLength = reader.integer(UInt16.self), let name = reader.take(Int(nameLength)),
            let sumLength = reader.integer(UInt16.self), let sum = reader.take(Int(sumLength)),
            let membership = Membership(from: &reader), reader.isAtEnd
        else { return nil }
        self.init(
            metadata: SnapshotMetadata(position: position, membership: membership), identifier: name, totalBytes: size,
            totalRows: rows, checksum: sum)
    }
}
