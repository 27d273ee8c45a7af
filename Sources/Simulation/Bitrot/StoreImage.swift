import Raft
import Storage

/// The directory of a store whose process was killed, and what may be found in it.
struct StoreImage {
    private let files: [ImageFile]
    private let allowed: [StoreModel]
    /// The name of the MANIFEST in force; older ones may lie beside it.
    private let manifest: String

    /// Lives the life of a store that the seed says, and ends it.
    init(seed: UInt64, folder: ScratchFolder) throws {
        folder.clear()
        guard let disk = CrashDisk(root: folder.path) else { throw WrongAnswer(text: "cannot read \(folder.path)") }
        var work = CrashWorkload(disk: disk, seed: seed)
        do {
            defer { work.abandon() }
            try work.open()
            for part in 0..<2 {
                for _ in 0..<120 { try work.run() }
                if part == 0 { try work.reopen() }
            }
            // So that there is something in the newest WAL.
            for _ in 0..<3 { try work.append(rewriting: false) }
        }
        guard disk.crash(.kept, seed: seed) != nil else { throw WrongAnswer(text: "cannot write \(folder.path)") }
        files = folder.files().filter { !$0.contains("/LO") }.map { ImageFile(name: $0, bytes: folder.read($0)) }
        allowed = work.allowed
        let current = files.first { $0.name.hasSuffix("/CURRENT") }?.bytes ?? []
        manifest = String(decoding: current.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Damages one file and looks what the store makes of it.
    func trial(_ target: BitrotTarget, folder: ScratchFolder, random: inout Randomness) -> BitrotOutcome {
        folder.clear()
        let victim = random.pick(files.indices.filter { !files[$0].bytes.isEmpty && hits(target, files[$0].name) })
        for (place, file) in files.enumerated() {
            var bytes = file.bytes
            if place == victim, !Self.damage(&bytes, target, &random) { return .silent("there is no record to damage") }
            folder.write(bytes, to: file.name)
        }
        guard victim != nil else { return .silent("there is no file to damage") }
        guard let disk = CrashDisk(root: folder.path) else { return .silent("cannot read \(folder.path)") }
        do {
            let found = try Self.visit(disk) { try StoreModel(reading: $0) }
            guard allowed.contains(found) else {
                return .silent(allowed.last.map { found.difference(from: $0) } ?? "")
            }
            return try goOn(from: found, on: disk)
        } catch let wrong as WrongAnswer {
            return .silent(wrong.text)
        } catch {
            return .detected(error)
        }
    }

    /// False when there is nothing to damage.
    private static func damage(_ bytes: inout [UInt8], _ target: BitrotTarget, _ random: inout Randomness) -> Bool {
        switch target {
        case .walLength, .manifestLength: return random.flipLength(of: &bytes)
        case .mark: for slot in slots(bytes, &random) { random.flipBits(of: &bytes, in: slot) }
        default: random.flipBits(of: &bytes)
        }
        return true
    }

    /// Writes on, restarts and looks again: damage that nobody has met yet must not spoil what comes after it.
    private func goOn(from found: StoreModel, on disk: CrashDisk) throws -> BitrotOutcome {
        var after = found
        try Self.visit(disk) { store in
            for id in found.live {
                guard var group = after.groups[id] else { continue }
                let entry = LogEntry(
                    term: max(group.hardState.term, Term(1)), index: LogIndex(group.last + 1), payload: [1, 2, 3])
                try store.append([GroupAppend(group: id, entries: [entry])])
                group.entries.append(entry)
                after.groups[id] = group
            }
        }
        let last = try Self.visit(disk) { try StoreModel(reading: $0) }
        guard last == after else { return .silent("after a restart: \(last.difference(from: after))") }
        return BitrotOutcome(verdict: .harmless)
    }

    private static func visit<Result>(_ disk: CrashDisk, _ body: (RocksDBStore) throws -> Result) throws -> Result {
        var options = RocksDBStoreOptions()
        options.softReserve = 0
        options.settings = "\(disk.setting);max_file_opening_threads=1"
        options.files = disk
        // The room on the machine that simulates must change nothing.
        options.space = { _ in nil }
        // The process would end here, aloud.
        options.terminate = { [disk] _ in disk.kill() }
        let store = try RocksDBStore(path: disk.root + "/store", options: options)
        defer { store.close() }
        return try body(store)
    }

    private func hits(_ target: BitrotTarget, _ name: String) -> Bool {
        switch target {
        case .sst: name.hasSuffix(".sst")
        case .wal, .walLength: name.hasSuffix(".log")
        case .manifest, .manifestLength: name.hasSuffix("/" + manifest)
        case .current: name.hasSuffix("/CURRENT")
        case .mark: name.hasSuffix("/durable-mark")
        case .epochs, .audit: false
        }
    }

    /// Parts of the mark's file that hold something, of 2 MiB of mostly nothing: a slot, both slots, or the note.
    private static func slots(_ bytes: [UInt8], _ random: inout Randomness) -> [Range<Int>] {
        let used = 20 + 28 + 48
        let slots = [0, 1 << 20].filter { $0 < bytes.count }.map { $0..<min(bytes.count, $0 + used) }
        switch random.draw(below: 4) {
        case 0: return slots
        case 1 where bytes.count > 2 << 20: return [2 << 20..<bytes.count]
        default: return random.pick(slots).map { [$0] } ?? []
        }
    }
}
