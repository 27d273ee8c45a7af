import KeyCrypto
import Synchronization
import Testing

@Suite("Secret memory", .serialized)
struct SecretBytesTests {
    @Test("The whole slot is zero when a secret is released", arguments: [1, 32, 64, 65, 500, 5000])
    func wipedOnRelease(count: Int) throws {
        let seen = Mutex<[[UInt8]]>([])
        let marker = [UInt8](repeating: 0xC3, count: count)
        let address: UInt
        do {
            let value = try secret(marker)
            address = value.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
            #expect(reveal(value) == marker)
            SecretMemory.observeReleases { bytes in
                if UInt(bitPattern: bytes.baseAddress) == address { seen.withLock { $0.append([UInt8](bytes)) } }
            }
            _ = consume value
        }
        SecretMemory.observeReleases(nil)
        let released = seen.withLock { $0 }
        #expect(!released.isEmpty)
        #expect(released.allSatisfy { $0.count >= count && $0.allSatisfy { $0 == 0 } })
    }

    @Test("A fill that throws leaves nothing behind")
    func wipedOnThrow() throws {
        let seen = Mutex<[UInt: Bool]>([:])
        let used = Mutex<UInt>(0)
        SecretMemory.observeReleases { bytes in
            seen.withLock { $0[UInt(bitPattern: bytes.baseAddress)] = bytes.allSatisfy { $0 == 0 } }
        }
        let error = failure { () throws(CryptoError) in
            _ = try SecretBytes(count: 32) { (slot) throws(CryptoError) in
                slot.copyBytes(from: [UInt8](repeating: 0xEE, count: 32))
                used.withLock { $0 = UInt(bitPattern: slot.baseAddress) }
                throw .randomUnavailable
            }
        }
        SecretMemory.observeReleases(nil)
        #expect(error == .randomUnavailable)
        let address = used.withLock { $0 }
        #expect(seen.withLock { $0[address] } == true)
    }

    @Test("Thousands of small keys share pages")
    func slotsShareChunks() throws {
        var keys: [SharedSecret] = []
        for index in 0..<4000 { keys.append(try shared([UInt8](repeating: UInt8(index & 0xFF), count: 32))) }
        let addresses = keys.map { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
        #expect(Set(addresses).count == 4000)
        #expect(Set(addresses.map { $0 / 4096 }).count < 200)
        for (index, key) in keys.enumerated() {
            #expect(key.withUnsafeBytes { $0.allSatisfy { $0 == UInt8(index & 0xFF) } })
        }
    }

    @Test("Comparison sees length and every byte")
    func comparison() throws {
        let one = try secret([1, 2, 3])
        let same = try secret([1, 2, 3])
        let other = try secret([1, 2, 4])
        let longer = try secret([1, 2, 3, 0])
        let equal = one.constantTimeEquals(same)
        let different = one.constantTimeEquals(other)
        let unequalLength = one.constantTimeEquals(longer)
        #expect(equal)
        #expect(!different)
        #expect(!unequalLength)
    }

    @Test("Moving an array into a secret wipes the array")
    func movingWipes() throws {
        var bytes: [UInt8] = [1, 2, 3]
        let value = try SecretBytes(wiping: &bytes)
        #expect(bytes == [0, 0, 0])
        #expect(reveal(value) == [1, 2, 3])
    }

    @Test("Nothing that holds a secret prints it")
    func unprintable() throws {
        let key = try shared(Array("THE-KEY-THE-KEY-THE-KEY-THE-KEY!".utf8))
        let directory = try TemporaryDirectory()
        let parameters = ScryptParameters(logN: 10, r: 8, p: 1)
        let seal = try PassphraseSeal(passphrase: secret(Array("THE-KEY-phrase".utf8)), parameters: parameters)
        let cache = KeyCache(capacity: 2, idleTime: 10)
        cache.insert(
            key, for: .init(keyID: [UInt8](repeating: 1, count: 16), version: 1), placement: "eu", generation: 1,
            now: 0,
            ticket: cache.ticket())
        let store = try EpochStore(directory: directory.path, cluster: [1], replica: 1, seal: seal)
        _ = try store.put(key.bytes, placement: "eu", epoch: 1)
        let dev = try DevFileSeal(path: directory.path + "/seal.key", isProduction: false)
        let holders: [Any] = [key, seal, cache, store, dev, try NodeKeys(directory: directory.path, seal: dev)]
        for holder in holders {
            var dumped = ""
            dump(holder, to: &dumped)
            let texts = [dumped, "\(holder)", String(describing: holder), String(reflecting: holder)]
            for text in texts {
                #expect(!text.contains("THE-KEY") && !text.contains("84, 72, 69"))
            }
            #expect(Mirror(reflecting: holder).children.isEmpty)
        }
    }

    @Test("The self-test passes, and its failure would name the primitive")
    func selfTest() throws {
        try SelfTest.run()
        #expect("\(CryptoError.selfTestFailed("scrypt"))".contains("scrypt"))
    }

    @Test("A failed generator gives no key and no fallback")
    func brokenGenerator() throws {
        let error = failure { () throws(CryptoError) in _ = try BrokenRandom().secret(32) }
        #expect(error == .randomUnavailable)
        #expect(throws: CryptoError.randomUnavailable) { _ = try MessageCipher(incarnation: 1, random: BrokenRandom()) }
    }
}
