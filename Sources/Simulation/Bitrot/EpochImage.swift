import KeyCrypto
import Raft

/// The directory of a sealed epoch store, and what is in it.
struct EpochImage {
    private let files: [ImageFile]
    private let keys: [EpochID: [UInt8]]
    private static let cluster: [UInt8] = Array("cluster".utf8)
    private static let replica: UInt64 = 3 << 16 | 1

    init(seed: UInt64, folder: ScratchFolder) throws {
        folder.clear()
        var random = Randomness(seed: seed)
        var keys: [EpochID: [UInt8]] = [:]
        let store = try Self.open(folder)
        for placement in ["eu", "de", "us"] {
            for epoch in 1...4 as ClosedRange<UInt32> {
                // Keys of nobody, made by the seed.
                let key = (0..<32).map { _ in UInt8(random.draw(below: 256)) }
                var spent = key
                _ = try store.put(try SecretBytes(wiping: &spent), placement: placement, epoch: epoch)
                keys[EpochID(placement: placement, epoch: epoch)] = key
            }
        }
        self.keys = keys
        files = folder.files().map { ImageFile(name: $0, bytes: folder.read($0)) }
    }

    /// Damages one copy, or now and then both.
    func trial(folder: ScratchFolder, random: inout Randomness) -> BitrotOutcome {
        folder.clear()
        let victims = random.draw(below: 3) == 0 ? EpochStore.fileNames : [EpochStore.fileNames[random.draw(below: 2)]]
        for file in files {
            var bytes = file.bytes
            if victims.contains(file.name) { random.flipBits(of: &bytes) }
            folder.write(bytes, to: file.name)
        }
        do {
            let store = try Self.open(folder)
            guard holds(store) else { return .silent("the keys are other ones") }
            guard store.repairedCopy != nil else { return BitrotOutcome(verdict: .harmless) }
            let again = try Self.open(folder)
            guard holds(again), again.repairedCopy == nil else { return .silent("the repaired copy is not whole") }
            return BitrotOutcome(verdict: .repaired)
        } catch {
            return .detected(error)
        }
    }

    private func holds(_ store: EpochStore) -> Bool {
        let listed = store.list().map(\.id)
        return listed.count == keys.count
            && listed.allSatisfy { id in
                let key = store.get(placement: id.placement, epoch: id.epoch)
                return key?.withUnsafeBytes { keys[id] == Array($0) } ?? false
            }
    }

    private static func open(_ folder: ScratchFolder) throws -> EpochStore {
        let seal = try DevFileSeal(path: folder.path + "/seal.key", isProduction: false)
        return try EpochStore(directory: folder.path, cluster: cluster, replica: replica, seal: seal)
    }
}
