import Raft
import Storage

extension CrashWorkload {
    mutating func initialize() throws {
        let identity = StoreIdentity(cluster: Array("cluster".utf8), node: 3, incarnation: 1, store: bytes(16))
        var after = memory
        after.identity = identity
        expect(after)
        try running().initialize(identity)
        acknowledge(synced: true)
    }

    mutating func create() throws {
        let free = StoreModel.universe.filter { memory.groups[$0] == nil && !memory.removed.contains($0) }
        guard !free.isEmpty else { return }
        let id = free[random.draw(below: free.count)]
        let index = chance(30) ? UInt64(1 + random.draw(below: 100)) : 0
        let position = LogPosition(
            term: Term(index == 0 ? 0 : 1 + UInt64(random.draw(below: 5))), index: LogIndex(index))
        let group = StoreModel.Group(
            hardState: HardState(term: position.term, commit: position.index), membership: membership(),
            truncated: position, applied: position, label: bytes(random.draw(below: 40)))
        var after = memory
        after.groups[id] = group
        expect(after)
        try running().createGroup(id, membership: group.membership, at: position, label: group.label)
        acknowledge(synced: true)
    }

    mutating func remove() throws {
        guard let id = pick() else { return }
        var after = memory
        after.groups[id] = nil
        after.removed.insert(id)
        expect(after)
        try waiting { store throws(StorageError) in try store.removeGroup(id) }
        acknowledge(synced: true)
        transfers[id] = nil
    }

    mutating func setFact() throws {
        let key = Array("peer \(random.draw(below: 6))".utf8)
        let value = chance(20) ? nil : bytes(16)
        var after = memory
        after.facts[key] = value
        expect(after)
        try running().setFact(value, for: key)
        acknowledge(synced: true)
    }

    /// An orderly end and a new start in the middle of a life.
    mutating func reopen() throws {
        expect(memory)
        disk.gate(open: true)
        store?.close()
        store = nil
        try checkLife()
        try open()
        try checkLife()
        guard let found = try store.map({ try StoreModel(reading: $0) }) else { return }
        guard found == memory else {
            throw WrongAnswer(text: "an orderly restart changed the store: \(found.difference(from: memory))")
        }
        allowed = [memory]
    }

    /// Runs a call that waits for RocksDB's background work.
    func waiting(_ body: (RocksDBStore) throws(StorageError) -> Void) throws {
        disk.gate(open: true)
        defer { disk.gate(open: false) }
        try body(running())
    }

    /// Opens the store with settings of this life.
    mutating func open() throws {
        step = .open
        var options = RocksDBStoreOptions()
        options.softReserve = 0
        options.logCacheBytes = [256, 4096, 1 << 20][random.draw(below: 3)]
        options.batchesPerMark = UInt64([1, 4, 16, 1024][random.draw(below: 4)])
        // A small log, so that tables are written and merged within a few calls.
        let logBytes = [48 << 10, 256 << 10, 4 << 20][random.draw(below: 3)]
        options.settings = "\(disk.setting);max_file_opening_threads=1;max_total_wal_size=\(logBytes)"
        options.files = disk
        // The room on the machine that simulates must change nothing.
        options.space = { _ in nil }
        options.terminate = { [disk] _ in disk.kill() }
        disk.gate(open: true)
        defer { disk.gate(open: false) }
        store = try RocksDBStore(path: directory, options: options)
        disk.settle()
    }

    /// What a process that ended leaves behind in memory: nothing.
    mutating func abandon() {
        disk.kill()
        store?.close()
        store = nil
    }

    /// Takes what was found after a crash as the truth from now on.
    mutating func restart(with found: StoreModel) {
        memory = found
        allowed = [found]
        transfers = transfers.filter { found.groups[$0.key] != nil }
    }
}
