import Raft
import Storage

/// A random but repeatable life of a store: what a node's shard asks of it, and what must be there after each call.
struct CrashWorkload {
    /// What is done next, by the name it is reported under.
    enum Step: String, CaseIterable, Codable {
        case open, append, rewrite, vote, commit, apply, compact, create, remove, fact, mark
        case stage, chunk, verify, install, discard, reopen
    }

    /// A snapshot on its way in.
    struct Transfer {
        var source: any SnapshotSource
        var rows: [[UInt8]: [UInt8]]
        /// Chunks that the store has now, and the most that it can ever have had.
        var accepted: UInt64 = 0
        var sent: UInt64 = 0
        var isVerified = false
    }

    let disk: CrashDisk
    let directory: String
    var random: Randomness
    /// Decides about nothing but when the machine dies in an installation, so that what is done does not depend on it.
    /// Nil where it is not to die by itself.
    var deaths: Randomness?
    /// Nil between a crash and the next start.
    var store: RocksDBStore?
    /// What the store says now.
    var memory = StoreModel()
    /// What may be found after a crash: the state of the last synced call, and that of each call since. All of them
    /// hold everything that was acknowledged.
    var allowed = [StoreModel()]
    var transfers: [GroupID: Transfer] = [:]
    /// What is being done.
    var step = Step.open
    /// How often each thing was done.
    var done: [Step: Int] = [:]

    init(disk: CrashDisk, seed: UInt64, diesInInstallations: Bool = false) {
        self.disk = disk
        directory = disk.root + "/store"
        random = Randomness(seed: seed)
        deaths = diesInInstallations ? Randomness(seed: seed ^ 0x1257_A11) : nil
    }

    /// Does one random thing. Throws what the store throws, which after a planned fault is its way to end the process.
    mutating func run() throws {
        let chosen = choose()
        step = chosen
        done[chosen, default: 0] += 1
        try perform(chosen)
        try checkLife()
        disk.settle()
    }

    /// Nobody hears of what a dead machine did.
    func checkLife() throws(StorageError) {
        if disk.isDead { throw .failed("the machine is gone") }
    }

    /// Remembers that the call in hand may be found done after a crash; before the call.
    mutating func expect(_ after: StoreModel) {
        if allowed.last != after { allowed.append(after) }
    }

    /// Takes the call in hand as done: it is what the store says now, and with `synced` nothing older may be found.
    mutating func acknowledge(synced: Bool) {
        guard !disk.isDead else { return }
        if let last = allowed.last { memory = last }
        if synced { allowed = [memory] }
    }

    private mutating func choose() -> Step {
        guard memory.identity != nil else { return .open }
        let wanted = [
            (Step.append, 26), (.rewrite, 6), (.vote, 6), (.commit, 6), (.apply, 18), (.compact, 5), (.create, 4),
            (.remove, 1), (.fact, 3), (.mark, 5), (.stage, 4), (.chunk, 6), (.verify, 4), (.install, 4), (.discard, 1),
            (.reopen, 1),
        ].filter { isPossible($0.0) }
        var left = random.draw(below: wanted.reduce(0) { $0 + $1.1 })
        for (step, weight) in wanted {
            if left < weight { return step }
            left -= weight
        }
        return .fact
    }

    private func isPossible(_ step: Step) -> Bool {
        switch step {
        case .open: memory.identity == nil
        case .append, .vote: !memory.groups.isEmpty
        case .commit: memory.groups.values.contains { $0.hardState.commit.rawValue < $0.last }
        case .rewrite: memory.groups.values.contains { $0.firstRewritable <= $0.last }
        case .apply: memory.groups.values.contains { $0.applied.index < $0.hardState.commit }
        case .compact: memory.groups.values.contains { $0.truncated.index < $0.applied.index }
        case .create: memory.groups.count < 4 && memory.groups.count + memory.removed.count < StoreModel.universe.count
        case .remove: memory.groups.count > 1
        case .fact, .mark, .reopen: true
        case .stage: transfers.count < memory.groups.count
        case .chunk: transfers.values.contains { !$0.isComplete }
        case .verify: transfers.values.contains { $0.isComplete && !$0.isVerified }
        case .install: transfers.values.contains { $0.isVerified }
        case .discard: !transfers.isEmpty
        }
    }

    private mutating func perform(_ step: Step) throws {
        switch step {
        case .open: try initialize()
        case .append: try append(rewriting: false)
        case .rewrite: try append(rewriting: true)
        case .vote: try vote()
        case .commit: try commit()
        case .apply: try apply()
        case .compact: try compact()
        case .create: try create()
        case .remove: try remove()
        case .fact: try setFact()
        case .mark: try running().refreshMark()
        case .stage: try stage()
        case .chunk: try acceptChunk()
        case .verify: try verify()
        case .install: try install()
        case .discard: try discard()
        case .reopen: try reopen()
        }
    }

    func running() throws -> RocksDBStore {
        guard let store else { throw WrongAnswer(text: "there is no store") }
        return store
    }

    /// One of the groups that fit.
    mutating func pick(_ fits: (StoreModel.Group) -> Bool = { _ in true }) -> GroupID? {
        let candidates = memory.live.filter { memory.groups[$0].map(fits) ?? false }
        return candidates.isEmpty ? nil : candidates[random.draw(below: candidates.count)]
    }

    mutating func chance(_ percent: Int) -> Bool { random.draw(below: 100) < percent }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes += $0 } }
        return Array(bytes.prefix(count))
    }
}

extension CrashWorkload.Transfer {
    var isComplete: Bool {
        // Chunks have 512 KiB; a table without rows is one empty chunk.
        accepted >= max(1, (source.descriptor.totalBytes + (512 << 10) - 1) / (512 << 10))
    }
}

extension StoreModel.Group {
    /// The first index that a conflict may take back.
    var firstRewritable: UInt64 { max(hardState.commit, max(applied.index, truncated.index)).rawValue + 1 }
}
