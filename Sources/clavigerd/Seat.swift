import Cluster
import FoundationEssentials
import Glibc
import KeyCrypto
import Raft
import Storage
import Topology

/// Under which incarnation an empty disk comes back: given by the directory after `claviger node rejoin`, kept in a
/// small file until the store is made. It is used once: a second store under the same id would pass for the first,
/// without its memory.
struct Seat {
    var incarnation: UInt16
    var store: [UInt8]

    init(incarnation: UInt16, store: [UInt8]) {
        self.incarnation = incarnation
        self.store = store
    }

    init(_ seat: PeerSeat) { self.init(incarnation: seat.incarnation, store: seat.store) }

    static func freshStore() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    // MARK: The file

    private static func path(_ settings: NodeSettings) -> String { "\(settings.data)/seat" }

    static func read(_ settings: NodeSettings) throws -> Seat? {
        guard TextFile.exists(path(settings)) else { return nil }
        let words = try TextFile.read(path(settings), limit: 256).split(separator: " ")
        guard words.count == 2, let incarnation = UInt16(words[0]), let store = Hexadecimal.decode(String(words[1])),
            store.count == 16
        else { throw NodeFailure("\(path(settings)) is malformed") }
        return Seat(incarnation: incarnation, store: store)
    }

    func write(_ settings: NodeSettings) throws {
        try PrivateFile.write(
            "\(incarnation) \(Hexadecimal.encode(store))", to: Self.path(settings), mode: 0o600, replacing: true)
    }

    /// Forgets the seat, so that it survives a crash.
    static func discard(_ settings: NodeSettings) throws {
        guard TextFile.exists(path(settings)) else { return }
        guard unlink(path(settings)) == 0 else { throw NodeFailure("\(path(settings)) cannot be removed") }
        let directory = Glibc.open(settings.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw NodeFailure("\(settings.data) cannot be synced") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw NodeFailure("\(settings.data) cannot be synced") }
    }

    // MARK: Making room

    /// Whether an opened store may make room for the seat: it is of an earlier incarnation and holds nothing.
    func mayReplace(_ store: RocksDBStore, of identity: StoreIdentity) throws -> Bool {
        try incarnation > identity.incarnation && store.groups().isEmpty
    }

    /// Empties the store's directory. The directory itself stays: it may be where a disk is mounted.
    static func removeStore(_ settings: NodeSettings) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: settings.storePath) {
            try FileManager.default.removeItem(atPath: "\(settings.storePath)/\(name)")
        }
    }

    /// Epoch keys are bound to the incarnation that got them. For a seat the former ones go: the next incarnation is
    /// given them anew. A store that is only missing may be a disk that is only not mounted: then they are set aside.
    static func clearEpochKeys(_ settings: NodeSettings, isForSeat: Bool) throws {
        for name in EpochStore.fileNames {
            let path = "\(settings.secretsPath)/\(name)"
            let aside = "\(path).former"
            if isForSeat, TextFile.exists(aside) { try FileManager.default.removeItem(atPath: aside) }
            guard TextFile.exists(path) else { continue }
            if isForSeat {
                try FileManager.default.removeItem(atPath: path)
            } else if rename(path, aside) != 0 {
                throw NodeFailure("\(path) cannot be set aside")
            }
        }
    }
}
