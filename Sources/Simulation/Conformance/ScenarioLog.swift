import Raft

/// The log of a replica in a scenario. Its snapshot is always the newest state of the state machine, which appends
/// every payload to one string of bytes.
final class ScenarioLog: LogReader {
    private(set) var base: MemoryLog
    /// The state after each applied entry, oldest first.
    private(set) var history: [Snapshot]

    init(snapshot: Snapshot) {
        base = MemoryLog(snapshot: snapshot)
        history = [snapshot]
    }

    func initialState() -> (hardState: HardState, membership: Membership) { base.initialState() }
    func entries(from lower: LogIndex, to upper: LogIndex, maxBytes: UInt64) throws(LogReadError) -> [LogEntry] {
        try base.entries(from: lower, to: upper, maxBytes: maxBytes)
    }
    func term(at index: LogIndex) throws(LogReadError) -> Term { try base.term(at: index) }
    var firstIndex: LogIndex { base.firstIndex }
    var lastIndex: LogIndex { base.lastIndex }
    func snapshot() throws(LogReadError) -> Snapshot { history[history.count - 1] }

    /// Adds the state after `entry`.
    func applied(_ entry: LogEntry, update: [UInt8], membership: Membership?) {
        let last = history[history.count - 1]
        let metadata = SnapshotMetadata(
            position: entry.position, membership: membership ?? last.metadata.membership)
        history.append(Snapshot(metadata: metadata, data: last.data + update))
    }

    /// Makes a write durable.
    func write(hardState: HardState?, entries: [LogEntry], snapshot: Snapshot?) throws(ScenarioError) {
        if let hardState, !hardState.isEmpty { base.setHardState(hardState) }
        do {
            guard let snapshot, !snapshot.isEmpty else { return try base.append(entries) }
            guard entries.isEmpty else { throw ScenarioError("can't apply snapshot and entries at the same time") }
            try base.applySnapshot(snapshot)
        } catch let error as MemoryLogError {
            throw Self.describe(error)
        } catch let error as ScenarioError {
            throw error
        } catch {
            throw ScenarioError("\(error)")
        }
    }

    func compact(through index: LogIndex) throws(ScenarioError) {
        do { try base.compact(through: index) } catch { throw Self.describe(error) }
    }

    // MARK: What a restart finds

    /// The last index that the state machine has.
    var applied: LogIndex { history[history.count - 1].metadata.position.index }

    /// The members are those of the applied state.
    func prepareRestart() { base.setMembership(history[history.count - 1].metadata.membership) }

    /// The disk kept an older commit index.
    func forgetCommit(beyond index: LogIndex) {
        var state = base.hardState
        state.commit = min(state.commit, index)
        base.setHardState(state)
    }

    /// The disk kept older rows.
    func forgetRows(beyond index: LogIndex) {
        history.removeAll { $0.metadata.position.index > max(index, base.firstIndex.previous) }
    }

    /// The disk lost its last entries, and with them whatever state followed from them.
    func lose(from index: LogIndex) throws(ScenarioError) {
        guard index >= base.firstIndex, let origin = history.first, origin.metadata.position.index < base.firstIndex
        else { throw ScenarioError("there is no such entry to lose") }
        let kept = (try? base.entries(from: base.firstIndex, to: min(index, base.lastIndex.next), maxBytes: .max)) ?? []
        let state = base.hardState
        base = MemoryLog(snapshot: origin)
        history.removeAll { $0.metadata.position.index >= index }
        try write(hardState: state, entries: kept, snapshot: nil)
        forgetCommit(beyond: base.lastIndex)
    }

    private static func describe(_ error: MemoryLogError) -> ScenarioError {
        switch error {
        case .snapshotOutOfDate: ScenarioError("requested index is older than the existing snapshot")
        case .compacted: ScenarioError("requested index is unavailable due to compaction")
        case .outOfBounds: ScenarioError("requested entry at index is unavailable")
        }
    }
}

/// One replica in a scenario, with the work that waits for its storage threads.
struct ScenarioNode {
    var core: RaftCore
    let log: ScenarioLog
    var appendWork: [Message] = []
    var applyWork: [Message] = []

    var configuration: RaftConfiguration { core.configuration }
    var id: ReplicaID { core.replica }

    /// Applies committed entries to the core's configuration and the state machine.
    mutating func apply(_ entries: [LogEntry]) throws(ScenarioError) {
        for entry in entries {
            guard entry.kind != .normal else {
                log.applied(entry, update: entry.payload, membership: nil)
                continue
            }
            let change: MembershipChange
            do { change = try MembershipChange(decoding: entry.payload) } catch { throw ScenarioError("\(error)") }
            let membership = core.applyMembership(change)
            log.applied(entry, update: change.context, membership: membership)
        }
    }
}

/// What a command prints. Log levels are kept only because the highest one silences everything.
struct ScenarioOutput {
    static let levels = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL", "NONE"]

    private(set) var text = ""
    var level = 0

    var isQuiet: Bool { level == Self.levels.count - 1 }

    mutating func clear() { text = "" }
    mutating func write(_ added: String) { if !isQuiet { text += added } }

    /// Takes the text written so far away, to give it back to `indent`.
    mutating func beginIndent() -> String {
        defer { text = "" }
        return text
    }

    /// Indents what was written since `beginIndent`.
    mutating func endIndent(_ before: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        text = before + lines.map { "  \($0)\n" }.joined()
    }
}
