import Glibc
import Raft
import Storage
import Testing

@Suite("The store on disk refuses what it cannot trust")
struct RocksDBStoreTests {
    /// A store with entries 1 to 40, rows, and a fresh mark, left as a killed process leaves it: `image` in the
    /// directory.
    private func crashImage() throws -> (directory: ScratchDirectory, digest: [UInt8]) {
        let directory = try ScratchDirectory()
        let store = try RocksDBStore(path: directory.path + "/live")
        try store.initialize(Samples.identity)
        try store.makeGroup()
        for index in 1...40 as ClosedRange<UInt64> {
            try store.append(
                [Samples.entry(index)], state: HardState(term: Term(1), vote: ReplicaID(2), commit: LogIndex(index)))
            try store.apply([("row \(index % 7)", "value \(index)")], at: index)
        }
        try store.append([Samples.entry(41)])
        try store.refreshMark()
        let digest = try store.digest(of: Samples.group)
        try directory.copy("live", to: directory.path + "/image")
        store.close()
        return (directory, digest)
    }

    private func wal(in directory: ScratchDirectory, _ store: String = "image") -> [String] {
        directory.files(under: store + "/db").filter { $0.hasSuffix(".log") }.map {
            directory.path + "/\(store)/db/" + $0
        }
    }

    @Test("A directory in use is refused with a clear reason")
    func locked() throws {
        let directory = try ScratchDirectory()
        let store = try RocksDBStore(path: directory.path + "/live")
        #expect(
            throws: StorageError.cannotOpen(path: directory.path + "/live/db", reason: "another process is using it")
        ) {
            try RocksDBStore(path: directory.path + "/live")
        }
        store.close()
    }

    @Test("A store of another format is refused, and says which it is", arguments: [1, RocksDBStore.format + 1])
    func otherFormat(format: UInt32) throws {
        let directory = try ScratchDirectory()
        var options = RocksDBStoreOptions()
        options.newFormat = format
        try RocksDBStore(path: directory.path + "/other", options: options).close()
        let refusal = StorageError.cannotOpen(
            path: "db", reason: "its format is \(format), and this program reads \(RocksDBStore.format) only")
        #expect(throws: refusal) { try RocksDBStore(path: directory.path + "/other") }
    }

    @Test("A lost WAL is caught by the mark; inspecting still opens")
    func lostWAL() throws {
        let (directory, _) = try crashImage()
        for file in wal(in: directory) { unlink(file) }
        #expect(throws: StorageError.self) { try RocksDBStore(path: directory.path + "/image") }
        var options = RocksDBStoreOptions()
        options.inspects = true
        let store = try RocksDBStore(path: directory.path + "/image", options: options)
        store.close()
    }

    @Test("A lost database is caught by the mark")
    func lostDatabase() throws {
        let (directory, _) = try crashImage()
        try #require(ScratchDirectory.run("/bin/rm", ["-rf", directory.path + "/image/db"]) == 0)
        #expect(throws: StorageError.lostAcknowledged("the durable mark is there, the database is not")) {
            try RocksDBStore(path: directory.path + "/image")
        }
    }

    @Test("A lost or unreadable mark is noticed")
    func lostMark() throws {
        let (directory, _) = try crashImage()
        let mark = directory.path + "/image/durable-mark"
        RawFile.write([1, 2, 3], to: mark)
        #expect(throws: StorageError.lostAcknowledged("the durable mark is unreadable")) {
            try RocksDBStore(path: directory.path + "/image")
        }
        unlink(mark)
        #expect(throws: StorageError.lostAcknowledged("the durable mark is missing")) {
            try RocksDBStore(path: directory.path + "/image")
        }
    }

    @Test("A WAL cut anywhere opens only when nothing that the mark tells of is missing")
    func tornTail() throws {
        let (directory, _) = try crashImage()
        let file = try #require(wal(in: directory).last)
        let whole = RawFile.read(file)
        var refused = 0
        for cut in stride(from: 1, to: whole.count, by: max(1, whole.count / 60)) {
            try #require(
                ScratchDirectory.run("/bin/cp", ["-a", directory.path + "/image", directory.path + "/cut"]) == 0)
            RawFile.write(Array(whole.dropLast(cut)), to: try #require(wal(in: directory, "cut").last))
            #expect(throws: StorageError.self) { try RocksDBStore(path: directory.path + "/cut") }
            refused += 1
            _ = ScratchDirectory.run("/bin/rm", ["-rf", directory.path + "/cut"])
        }
        #expect(refused > 20)
    }

    @Test("A record cut off behind the last sync is an ordinary crash and opens")
    func ordinaryTail() throws {
        let directory = try ScratchDirectory()
        let store = try RocksDBStore(path: directory.path + "/live")
        try store.initialize(Samples.identity)
        try store.makeGroup()
        try store.append(Samples.entries(1...9))
        try store.refreshMark()
        let before = RawFile.read(try #require(wal(in: directory, "live").last)).count
        let mark = RawFile.read(directory.path + "/live/durable-mark")
        try store.append(Samples.entries(10...12))
        try directory.copy("live", to: directory.path + "/image")
        store.close()
        // The write is not yet over, so nothing has noted it.
        RawFile.write(mark, to: directory.path + "/image/durable-mark")
        let file = try #require(wal(in: directory).last)
        let whole = RawFile.read(file)
        try #require(whole.count > before + 20)
        RawFile.write(Array(whole.prefix(before + 20)), to: file)
        let opened = try RocksDBStore(path: directory.path + "/image")
        #expect(try opened.everyEntry() == Samples.entries(1...9))
        opened.close()
    }

    @Test("A flipped bit anywhere is noticed or changes nothing")
    func bitFlips() throws {
        let (directory, digest) = try crashImage()
        let files = directory.files(under: "image/db").map { "image/db/" + $0 } + ["image/durable-mark"]
        var noticed = 0
        for name in files {
            let path = directory.path + "/" + name
            let whole = RawFile.read(path)
            guard !whole.isEmpty else { continue }
            for place in stride(from: 0, to: min(whole.count, 1 << 20), by: max(1, min(whole.count, 1 << 20) / 12)) {
                let target = directory.path + "/flip"
                try #require(ScratchDirectory.run("/bin/cp", ["-a", directory.path + "/image", target]) == 0)
                var bytes = whole
                bytes[place] ^= 1 << UInt8(place % 8)
                RawFile.write(bytes, to: target + name.dropFirst("image".count))
                do {
                    let store = try RocksDBStore(path: target)
                    #expect(try store.everyEntry() == Samples.entries(1...41), "\(name) at \(place)")
                    #expect(try store.digest(of: Samples.group) == digest, "\(name) at \(place)")
                    #expect(try store.stored().hardState.vote == ReplicaID(2), "\(name) at \(place)")
                    store.close()
                } catch {
                    #expect(error is StorageError)
                    noticed += 1
                }
                _ = ScratchDirectory.run("/bin/rm", ["-rf", target])
            }
        }
        #expect(noticed > 5)
    }

    /// Flips the highest bit of a record's length near the end of the WAL: RocksDB takes what follows for a record that
    /// was never finished.
    private func damageLength(in file: String, fromLast distance: Int = 3) throws {
        var bytes = RawFile.read(file)
        let block = bytes.count - bytes.count % (32 << 10)
        var records: [Int] = []
        var place = block
        while place + 7 <= bytes.count {
            let length = Int(bytes[place + 4]) | Int(bytes[place + 5]) << 8
            guard length > 0, place + 7 + length <= bytes.count else { break }
            records.append(place)
            place += 7 + length
        }
        let victim = try #require(records.dropLast(distance - 1).last)
        bytes[victim + 5] ^= 0x80
        RawFile.write(bytes, to: file)
    }

    @Test("A damaged length in the WAL is no end of it, even when the mark is older")
    func damagedLength() throws {
        let directory = try ScratchDirectory()
        let store = try RocksDBStore(path: directory.path + "/live")
        try store.initialize(Samples.identity)
        try store.makeGroup()
        try store.refreshMark()
        for index in 1...40 as ClosedRange<UInt64> {
            try store.append(
                [Samples.entry(index)], state: HardState(term: Term(index), vote: ReplicaID(2), commit: .zero))
        }
        try directory.copy("live", to: directory.path + "/image")
        store.close()
        try damageLength(in: try #require(wal(in: directory).last))
        let error = #expect(throws: StorageError.self) { try RocksDBStore(path: directory.path + "/image") }
        guard case .lostAcknowledged = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// What the last two batches of the older WAL are: a fact, and the tombstone of a group.
    enum Lost: Int, CaseIterable, Sendable { case tombstone = 1, both }

    @Test("A batch that is missing before the newest one is noticed", arguments: Lost.allCases)
    func missingBatch(_ lost: Lost) throws {
        let directory = try ScratchDirectory()
        let store = try RocksDBStore(path: directory.path + "/live")
        try store.initialize(Samples.identity)
        try store.makeGroup()
        try store.makeGroup(GroupID(8))
        try store.setFact([1], for: [1])
        // Writes out all families but that of the facts, which still needs the WAL when the next one has begun.
        try store.removeGroup(GroupID(8))
        try store.setFact([2], for: [2])
        try directory.copy("live", to: directory.path + "/image")
        store.close()
        let files = wal(in: directory)
        try #require(files.count == 2)
        try damageLength(in: files[0], fromLast: lost.rawValue)
        let error = #expect(throws: StorageError.self) { try RocksDBStore(path: directory.path + "/image") }
        #expect(error?.description.contains("does not match the store digest") == true, "\(String(describing: error))")
    }

    @Test("A group with a commit index that is not on disk can be removed")
    func removedAfterCommit() throws {
        let directory = try ScratchDirectory()
        let store = try RocksDBStore(path: directory.path + "/live")
        try store.initialize(Samples.identity)
        try store.makeGroup()
        try store.makeGroup(GroupID(8))
        try store.append(Samples.entries(1...5), state: HardState(term: Term(1), vote: ReplicaID(2), commit: .zero))
        try store.append([], state: HardState(term: Term(1), vote: ReplicaID(2), commit: LogIndex(5)))
        try store.removeGroup(Samples.group)
        store.close()
        let opened = try RocksDBStore(path: directory.path + "/live")
        #expect(try opened.groups().map(\.group) == [GroupID(8)])
        opened.close()
    }

    @Test("Images taken at any moment of a busy store open and hold what was acknowledged before")
    func crashLoop() throws {
        let directory = try ScratchDirectory()
        var options = RocksDBStoreOptions()
        options.batchesPerMark = 3
        options.logCacheBytes = 512
        let store = try RocksDBStore(path: directory.path + "/live", options: options)
        try store.initialize(Samples.identity)
        try store.makeGroup()
        var generator = SystemRandomNumberGenerator()
        var (last, applied) = (UInt64(0), UInt64(0))
        for round in 1...60 {
            if last > applied + 2, round % 5 == 0 {
                last -= 1
                try store.append([Samples.entry(last, term: UInt64(round), "rewritten")])
            } else {
                let count = UInt64.random(in: 1...30, using: &generator)
                try store.append(Samples.entries(last + 1...last + count, term: UInt64(round)))
                last += count
            }
            if round % 2 == 0, last > applied + 3 {
                let term = try store.log(of: Samples.group).term(at: LogIndex(applied + 1))
                try store.apply([("row \(round % 9)", "\(round)")], at: applied + 1, term: term.rawValue)
                applied += 1
            }
            if round % 11 == 0 { try store.compact(Samples.group, through: LogIndex(applied)) }
            guard round % 4 == 0 else { continue }
            try directory.copy("live", to: directory.path + "/image")
            let image = try RocksDBStore(path: directory.path + "/image")
            #expect(try image.everyEntry() == store.everyEntry())
            #expect(try image.digest(of: Samples.group) == store.digest(of: Samples.group))
            #expect(try image.stored().applied == store.stored().applied)
            image.close()
            _ = ScratchDirectory.run("/bin/rm", ["-rf", directory.path + "/image"])
        }
        store.close()
    }

    @Test("Entries older than the cache are read from disk")
    func beyondTheCache() throws {
        let directory = try ScratchDirectory()
        var options = RocksDBStoreOptions()
        options.logCacheBytes = 64
        let store = try RocksDBStore(path: directory.path + "/live", options: options)
        try store.initialize(Samples.identity)
        try store.makeGroup()
        try store.append(Samples.entries(1...50))
        #expect(try store.everyEntry() == Samples.entries(1...50))
        store.close()
    }

    @Test("Below the reserve new groups and snapshots are refused; what consensus appends is not looked at")
    func noSpace() throws {
        let directory = try ScratchDirectory()
        let first = try RocksDBStore(path: directory.path + "/live")
        try first.initialize(Samples.identity)
        try first.makeGroup()
        first.close()
        var options = RocksDBStoreOptions()
        options.softReserve = .max
        let store = try RocksDBStore(path: directory.path + "/live", options: options)
        #expect(throws: StorageError.noSpace) {
            try store.createGroup(
                GroupID(99), membership: Membership(), at: LogPosition(term: Term(1), index: LogIndex(1)), label: [])
        }
        try store.append(Samples.entries(1...1), state: HardState(term: Term(2), vote: ReplicaID(1)))
        #expect(try store.stored().hardState.term == Term(2))
        store.close()
    }

    @Test("It tells how long its synced writes of entries took, once, and of nothing else")
    func syncTime() throws {
        let directory = try ScratchDirectory()
        let store = try RocksDBStore(path: directory.path + "/live")
        try store.initialize(Samples.identity)
        try store.makeGroup()
        #expect(store.takeSyncTime() == nil, "what makes a store and a group is no entry")
        let begin = ContinuousClock.now
        try store.append(Samples.entries(1...3))
        try store.append(Samples.entries(4...6))
        let passed = begin.duration(to: .now)
        let time = try #require(store.takeSyncTime())
        #expect(time > 0 && Duration.nanoseconds(time) <= passed, "\(time) ns of \(passed) for two writes")
        #expect(store.takeSyncTime() == nil)
        try store.append([], state: HardState(term: Term(2), vote: ReplicaID(2), commit: .zero))
        try store.apply([("row", "value")], at: 1)
        try store.compact(Samples.group, through: LogIndex(1))
        try store.refreshMark()
        #expect(store.takeSyncTime() == nil, "votes, rows and marks are no entries")
        store.close()
    }

    @Test("A write that fails ends the process with status 70")
    func failedSync() async {
        await #expect(processExitsWith: .exitCode(70)) {
            let directory = try ScratchDirectory()
            let store = try RocksDBStore(path: directory.path + "/live")
            try store.initialize(Samples.identity)
            try store.makeGroup()
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 64 * 1024, rlim_max: 64 * 1024)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            for index in 1...2000 as ClosedRange<UInt64> {
                try store.append([Samples.entry(index, String(repeating: "x", count: 1000))])
            }
        }
    }
}
