import Raft

/// Keys of the column families. All integers are big-endian, so that keys sort as the numbers do.
enum RocksKeys {
    /// What is kept about a group in the `raft` family, after its id.
    enum Tag: UInt8, CaseIterable {
        case hardState = 1, truncated, applied, membership, label, rewritten
    }

    static let format: [UInt8] = Array("format".utf8)
    static let identity: [UInt8] = Array("identity".utf8)
    static let batch: [UInt8] = Array("batch".utf8)
    static let digest: [UInt8] = Array("digest".utf8)
    static let factPrefix: [UInt8] = Array("fact/".utf8)
    static let tombstonePrefix: [UInt8] = Array("tomb/".utf8)

    static func raft(_ group: GroupID, _ tag: Tag) -> [UInt8] { [UInt8](bigEndian: group.rawValue) + [tag.rawValue] }

    static func log(_ group: GroupID, _ index: UInt64) -> [UInt8] {
        [UInt8](bigEndian: group.rawValue) + [UInt8](bigEndian: index)
    }

    static func rows(_ group: GroupID, _ generation: UInt32) -> [UInt8] {
        [UInt8](bigEndian: group.rawValue) + [UInt8](bigEndian: generation)
    }

    static func group(_ group: GroupID) -> [UInt8] { [UInt8](bigEndian: group.rawValue) }

    /// The first key behind the group's; group ids below the highest only.
    static func end(of group: GroupID) -> [UInt8] {
        group.rawValue == .max ? [UInt8](repeating: 0xff, count: 64) : [UInt8](bigEndian: group.rawValue + 1)
    }

    static func tombstone(_ group: GroupID) -> [UInt8] { tombstonePrefix + [UInt8](bigEndian: group.rawValue) }

    /// Bytes of the keys of a transfer's two rows; chunks have longer ones.
    static let stagedRowSize = 9
    /// A transfer's rows without its chunks.
    static func stagedRows(_ group: GroupID) -> [[UInt8]] { [stagedDescriptor(group), stagedReady(group)] }
    static func stagedDescriptor(_ group: GroupID) -> [UInt8] { [UInt8](bigEndian: group.rawValue) + [0] }
    static func stagedReady(_ group: GroupID) -> [UInt8] { [UInt8](bigEndian: group.rawValue) + [1] }
    static func stagedChunks(_ group: GroupID) -> [UInt8] { [UInt8](bigEndian: group.rawValue) + [2] }
    static func stagedChunk(_ group: GroupID, _ sequence: UInt64) -> [UInt8] {
        stagedChunks(group) + [UInt8](bigEndian: sequence)
    }
}
