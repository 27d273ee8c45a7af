import Glibc
import Raft
import Storage
import Testing

/// Which store a conformance test runs on.
enum StoreKind: String, CaseIterable, Sendable {
    case memory, rocksDB
}

/// A store that can be closed, crashed and opened again.
final class StoreFixture {
    let kind: StoreKind
    let directory: ScratchDirectory
    private(set) var store: any NodeStore
    /// The folder in `directory` that the store is open on.
    private var current = "store"

    init(_ kind: StoreKind, initialized: Bool = true) throws {
        self.kind = kind
        directory = try ScratchDirectory()
        store =
            switch kind {
            case .memory: InMemoryStore()
            case .rocksDB: try RocksDBStore(path: directory.path + "/store")
            }
        if initialized { try store.initialize(Samples.identity) }
    }

    deinit { store.close() }

    /// Closes and opens; nothing may be lost.
    func reopen() throws {
        guard kind == .rocksDB else { return }
        store.close()
        store = try RocksDBStore(path: directory.path + "/" + current)
    }

    /// What a killed process leaves: RocksDB without a close, everything written is there.
    func crash() throws {
        if let memory = store as? InMemoryStore {
            memory.crash(losingUnsynced: false)
        } else {
            let image = "image-\(directory.next())"
            try directory.copy(current, to: directory.path + "/" + image)
            store.close()
            current = image
            store = try RocksDBStore(path: directory.path + "/" + image)
        }
    }
}

/// A directory that is removed with its last holder.
final class ScratchDirectory {
    let path: String
    private var count = 0

    init() throws {
        var template = Array("/tmp/claviger-storage-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = Self.run("/bin/rm", ["-rf", path]) }

    func next() -> Int {
        count += 1
        return count
    }

    /// The folder as it was at one instant, as a killed process leaves it.
    ///
    /// The database works on in the background, and a copy across its work is no instant: a table copied half and a
    /// manifest copied once that table was whole make a store that never was. So a copy counts only when nothing
    /// changed while it was made.
    func copy(_ name: String, to target: String) throws {
        for _ in 0..<100 {
            let before = state(of: name)
            let isCopied = Self.run("/bin/cp", ["-a", path + "/" + name, target]) == 0
            if isCopied, state(of: name) == before { return }
            try #require(Self.run("/bin/rm", ["-rf", target]) == 0)
        }
        Issue.record("\(name) could not be copied")
    }

    /// Identity, size and time of change of everything in a folder.
    private func state(of folder: String) -> [String: [Int]] {
        var result: [String: [Int]] = [:]
        for name in files(under: folder) {
            var status = stat()
            guard lstat("\(path)/\(folder)/\(name)", &status) == 0 else { continue }
            result[name] = [
                Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            ]
            if status.st_mode & S_IFMT == S_IFDIR {
                for (inner, state) in state(of: "\(folder)/\(name)") { result["\(name)/\(inner)"] = state }
            }
        }
        return result
    }

    func files(under name: String) -> [String] {
        guard let directory = opendir(path + "/" + name) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func run(_ program: String, _ arguments: [String]) -> Int32 {
        var child = pid_t()
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        guard posix_spawn(&child, program, nil, nil, &words, nil) == 0 else { return -1 }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        return status
    }
}

/// Reads and writes whole files.
enum RawFile {
    static func read(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return [] }
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: size)
        _ = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, size, 0) }
        return bytes
    }

    static func write(_ bytes: [UInt8], to path: String) {
        let file = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }
}

enum Samples {
    static let group = GroupID(7)
    static let members = Membership(voters: [ReplicaID(1), ReplicaID(2), ReplicaID(3)], learners: [ReplicaID(9)])
    static let identity = StoreIdentity(
        cluster: Array("cluster".utf8), node: 3, incarnation: 1, store: [UInt8](repeating: 0xab, count: 16))

    static func entry(_ index: UInt64, term: UInt64 = 1, _ payload: String = "payload") -> LogEntry {
        LogEntry(term: Term(term), index: LogIndex(index), payload: Array("\(payload) \(index)".utf8))
    }

    static func entries(_ range: ClosedRange<UInt64>, term: UInt64 = 1, _ payload: String = "payload") -> [LogEntry] {
        range.map { entry($0, term: term, payload) }
    }

    static func position(_ index: UInt64, term: UInt64 = 1) -> LogPosition {
        LogPosition(term: Term(term), index: LogIndex(index))
    }
}

extension NodeStore {
    func makeGroup(_ group: GroupID = Samples.group) throws {
        try createGroup(group, membership: Samples.members, at: .zero, label: Array("label".utf8))
    }

    func append(_ entries: [LogEntry], state: HardState? = nil, to group: GroupID = Samples.group) throws {
        try append([GroupAppend(group: group, hardState: state, entries: entries)])
    }

    func apply(
        _ rows: [(String, String?)], at index: UInt64, term: UInt64 = 1, to group: GroupID = Samples.group,
        membership: Membership? = nil
    ) throws {
        var transaction = TableTransaction(try table(of: group))
        for (key, value) in rows {
            if let value {
                transaction.put(Array(value.utf8), for: Array(key.utf8))
            } else {
                transaction.delete(Array(key.utf8))
            }
        }
        try apply([
            GroupApply(
                group: group, changes: transaction.changes, applied: Samples.position(index, term: term),
                membership: membership)
        ])
    }

    func text(_ key: String, in group: GroupID = Samples.group) throws -> String? {
        try table(of: group).value(for: Array(key.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    func stored(_ group: GroupID = Samples.group) throws -> StoredGroup {
        try #require(try groups().first { $0.group == group })
    }

    func everyEntry(of group: GroupID = Samples.group) throws -> [LogEntry] {
        let log = try log(of: group)
        return try log.entries(from: log.firstIndex, to: LogIndex(log.lastIndex.rawValue + 1), maxBytes: .max)
    }
}
