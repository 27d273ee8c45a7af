import KeyCrypto
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Epoch store")
struct EpochStoreTests {
    let directory: TemporaryDirectory
    let seal: any Seal

    init() throws {
        directory = try TemporaryDirectory()
        seal = try DevFileSeal(path: directory.path + "/seal.key", isProduction: false)
    }

    func open(cluster: [UInt8] = [1, 2], replica: UInt64 = 65537) throws(CryptoError) -> EpochStore {
        try EpochStore(directory: directory.path, cluster: cluster, replica: replica, seal: seal)
    }

    @Test("Keys survive a restart, and the receipt names what was stored")
    func roundTrip() throws {
        let key = try secret(Array(0..<32))
        let store = try open()
        let receipt = try store.put(key, placement: "eu", epoch: 5)
        _ = try store.put(secret(Array(1..<33)), placement: "eu", epoch: 6)
        _ = try store.put(secret(Array(2..<34)), placement: "de", epoch: 6)
        let check = try KeyHierarchy(cluster: [1, 2]).checkValue(of: key, placement: "eu", epoch: 5)
        #expect(receipt.checkValue == check)
        #expect(
            receipt.digest
                == (try EpochReceipt.digest(
                    cluster: [1, 2], placement: "eu", epoch: 5, replica: 65537, checkValue: check)))
        let again = try open()
        #expect(again.repairedCopy == nil)
        #expect(
            again.list().map(\.id) == [
                EpochID(placement: "de", epoch: 6), EpochID(placement: "eu", epoch: 5),
                EpochID(placement: "eu", epoch: 6),
            ])
        #expect(again.get(placement: "eu", epoch: 5).map { reveal($0.bytes) } == Array(0..<32))
        #expect(again.get(placement: "us", epoch: 5) == nil)
    }

    @Test("The same key may be stored twice, another key for the epoch may not")
    func conflict() throws {
        let store = try open()
        let receipt = try store.put(secret(Array(0..<32)), placement: "eu", epoch: 5)
        #expect(try store.put(secret(Array(0..<32)), placement: "eu", epoch: 5) == receipt)
        #expect(throws: CryptoError.epochConflict(placement: "eu", epoch: 5)) {
            try store.put(secret(Array(1..<33)), placement: "eu", epoch: 5)
        }
        #expect(store.get(placement: "eu", epoch: 5).map { reveal($0.bytes) } == Array(0..<32))
    }

    @Test("A removed key is gone after a restart and while running")
    func remove() throws {
        let store = try open()
        _ = try store.put(secret(Array(0..<32)), placement: "eu", epoch: 5)
        #expect(try store.remove(placement: "eu", epoch: 5))
        #expect(try !store.remove(placement: "eu", epoch: 5))
        #expect(store.get(placement: "eu", epoch: 5) == nil)
        #expect(try open().list().isEmpty)
    }

    @Test("Every flipped bit in both copies is refused with a clear error, never a wrong key")
    func damage() throws {
        _ = try open().put(secret(Array(0..<32)), placement: "eu", epoch: 5)
        let names = EpochStore.fileNames
        let sound = try directory.bytes(names[0])
        #expect(try directory.bytes(names[1]) == sound)
        var accepted: [Int] = []
        try sound.forEachBitFlip { flipped, bit in
            for name in names { try directory.write(flipped, name) }
            switch failure({ () throws(CryptoError) in _ = try open() }) {
            case .storeDamaged: break
            default: accepted.append(bit)
            }
        }
        #expect(accepted.isEmpty)
        for count in 0..<sound.count {
            for name in names { try directory.write(Array(sound.prefix(count)), name) }
            #expect(failure { () throws(CryptoError) in _ = try open() } != nil)
        }
    }

    @Test("One damaged or lost copy is named and repaired from the other", arguments: [0, 1], [true, false])
    func repair(copy: Int, lost: Bool) throws {
        _ = try open().put(secret(Array(0..<32)), placement: "eu", epoch: 5)
        let name = EpochStore.fileNames[copy]
        let sound = try directory.bytes(name)
        var damaged = sound
        damaged[sound.count / 2] ^= 1
        if lost { #expect(unlink(directory.path + "/" + name) == 0) } else { try directory.write(damaged, name) }
        let store = try open()
        #expect(store.repairedCopy?.hasSuffix(name) == true)
        #expect(store.get(placement: "eu", epoch: 5).map { reveal($0.bytes) } == Array(0..<32))
        #expect(try open().repairedCopy == nil)
    }

    @Test("An older copy loses against the newer one")
    func older() throws {
        let store = try open()
        _ = try store.put(secret(Array(0..<32)), placement: "eu", epoch: 5)
        let old = try directory.bytes(EpochStore.fileNames[1])
        _ = try store.put(secret(Array(1..<33)), placement: "eu", epoch: 6)
        try directory.write(old, EpochStore.fileNames[1])
        let again = try open()
        #expect(again.list().map(\.id.epoch) == [5, 6])
        #expect(again.repairedCopy?.hasSuffix(EpochStore.fileNames[1]) == true)
    }

    @Test("A store of another cluster, node or incarnation is refused and not touched")
    func foreign() throws {
        _ = try open().put(secret(Array(0..<32)), placement: "eu", epoch: 5)
        let before = try directory.bytes(EpochStore.fileNames[0])
        for attempt in [([1, 3] as [UInt8], 65537 as UInt64), ([1, 2], 65538)] {
            guard
                case .storeForeign = failure({ () throws(CryptoError) in
                    _ = try open(cluster: attempt.0, replica: attempt.1)
                })
            else {
                Issue.record("the store was accepted")
                continue
            }
        }
        #expect(try directory.bytes(EpochStore.fileNames[0]) == before)
    }

    @Test("Another seal does not open the store and does not overwrite it")
    func otherSeal() throws {
        _ = try open().put(secret(Array(0..<32)), placement: "eu", epoch: 5)
        let before = try directory.bytes(EpochStore.fileNames[0])
        let other = try DevFileSeal(path: directory.path + "/other.key", isProduction: false)
        let error = failure { () throws(CryptoError) in
            _ = try EpochStore(directory: directory.path, cluster: [1, 2], replica: 65537, seal: other)
        }
        #expect(error == .sealRejected)
        #expect(try directory.bytes(EpochStore.fileNames[0]) == before)
    }

    @Test("When the disk refuses, nothing is stored, no receipt is given, and other files stay")
    func diskFailure() throws {
        let store = try open()
        try directory.write([1], "neighbour")
        _ = try store.put(secret(Array(0..<32)), placement: "eu", epoch: 5)
        let blocked = directory.path + "/" + EpochStore.fileNames[0] + ".new"
        #expect(mkdir(blocked, 0o700) == 0)
        #expect(throws: CryptoError.self) { try store.put(secret(Array(1..<33)), placement: "eu", epoch: 6) }
        #expect(store.get(placement: "eu", epoch: 6) == nil)
        #expect(rmdir(blocked) == 0)
        #expect(try open().list().map(\.id.epoch) == [5])
        #expect(try directory.bytes("neighbour") == [1])
    }

    @Test("No key stands readable in any file of the directory")
    func atRest() throws {
        let key: [UInt8] = Array("canary-canary-canary-canary-32by".utf8)
        _ = try open().put(secret(key), placement: "eu", epoch: 5)
        for name in try directory.names() {
            let text = String(decoding: try directory.bytes(name), as: UTF8.self)
            #expect(!text.contains("canary"))
        }
    }
}
