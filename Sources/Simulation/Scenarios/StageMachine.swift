import Cluster
import KeyReplication
import Raft
import Storage

/// The state machine of a group on a stage.
enum StageMachine {
    case notebook(StageNotebook)
    case keys(KeyReplica)
    case directory(DirectoryReplica)

    var base: any ReplicatedStateMachine {
        switch self {
        case .notebook(let machine): machine
        case .keys(let machine): machine
        case .directory(let machine): machine
        }
    }
}

/// What the groups of a stage are made of.
enum StageKind: String {
    case notes, keys, directory

    func make() -> StageMachine {
        switch self {
        case .notes: .notebook(StageNotebook())
        case .keys: .keys(KeyReplica())
        case .directory: .directory(DirectoryReplica())
        }
    }
}

/// The smallest state machine that shows what it was given: `key=value` writes, and the outcome is what stood there
/// before. A write to `poison` writes a row and then halts the group, as a command of a newer program would.
final class StageNotebook: ReplicatedStateMachine {
    /// The rows that decide on members cannot be read.
    var isDamaged = false
    /// Replicas that may not join.
    var banned: [ReplicaID] = []

    func apply(_ payload: [UInt8], at position: LogPosition, to tables: inout TableTransaction) -> ApplyResult {
        guard let split = payload.firstIndex(of: UInt8(ascii: "=")) else { return .halt("an entry is no command") }
        let key = Array(payload[..<split])
        let before = tables.value(for: key) ?? []
        tables.put(Array(payload[(split + 1)...]), for: key)
        if key == Array("poison".utf8) { return .halt("the entry at \(position.index.rawValue) is poisoned") }
        return .outcome(before)
    }

    func admits(_ change: MembershipProposal, in tables: inout TableTransaction) -> Bool? {
        isDamaged ? nil : !change.added.contains(where: banned.contains)
    }

    func didCommit(_ changes: TableChanges, at position: LogPosition) {}
    func didLoad(_ table: any TableReader, at position: LogPosition) {}
}
