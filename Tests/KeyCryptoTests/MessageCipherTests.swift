import Crypto
import KeyCrypto
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Message encryption")
struct MessageCipherTests {
    let key: SharedSecret
    let cipher: MessageCipher

    init() throws {
        key = try shared(Array(0..<32))
        cipher = try MessageCipher(incarnation: 1)
    }

    @Test("What was encrypted decrypts, at every length class", arguments: [1, 15, 16, 17, 32, 4096, 65535, 65536])
    func roundTrip(count: Int) throws {
        let plaintext = TestRandom(state: UInt64(count)).with { $0.bytes(count) }
        let place = try Place().data([("a", "b")])
        let ciphertext = try cipher.encrypt(plaintext, key: key, associatedData: place)
        #expect(try cipher.decrypt(ciphertext, key: key, associatedData: place) == plaintext)
        let other = try MessageCipher(incarnation: 2)
        #expect(try other.decrypt(ciphertext, key: key, associatedData: place) == plaintext)
    }

    @Test("A cipher that forgot its keys works on")
    func forget() throws {
        let place = try Place().data()
        let ciphertext = try cipher.encrypt([1, 2], key: key, associatedData: place)
        try cipher.forgetKeys()
        #expect(try cipher.decrypt(ciphertext, key: key, associatedData: place) == [1, 2])
        try cipher.forgetKeys()
        #expect(try cipher.encrypt([1, 2], key: key, associatedData: place).count == ciphertext.count)
    }

    @Test("An empty or an over-long plaintext is refused by name")
    func limits() throws {
        let place = try Place().data()
        #expect(throws: CryptoError.plaintextEmpty) { try cipher.encrypt([], key: key, associatedData: place) }
        #expect(throws: CryptoError.plaintextTooLarge(limit: 65536)) {
            try cipher.encrypt([UInt8](repeating: 0, count: 65537), key: key, associatedData: place)
        }
        #expect(throws: CryptoError.invalidInput("message key length")) {
            try cipher.encrypt([1], key: shared([1, 2, 3]), associatedData: place)
        }
    }

    @Test("A 32-byte plaintext stays under 300 bytes with the longest placement name")
    func size() throws {
        let place = try Place(placement: String(repeating: "p", count: 63)).data()
        let ciphertext = try cipher.encrypt([UInt8](repeating: 1, count: 32), key: key, associatedData: place)
        #expect(ciphertext.count < 300)
        #expect(ciphertext.count == 203)
    }

    @Test("Every flipped bit is refused with the one error")
    func bitFlips() throws {
        let place = try Place().data([("a", "b")])
        let ciphertext = try cipher.encrypt(Array("plaintext".utf8), key: key, associatedData: place)
        var accepted: [Int] = []
        ciphertext.forEachBitFlip { flipped, bit in
            let error = failure { () throws(CryptoError) in
                _ = try cipher.decrypt(flipped, key: key, associatedData: place)
            }
            if error != .ciphertextRejected { accepted.append(bit) }
        }
        #expect(accepted.isEmpty)
        #expect(try cipher.decrypt(ciphertext, key: key, associatedData: place) == Array("plaintext".utf8))
    }

    @Test("Every truncation and every extension is refused")
    func lengths() throws {
        let place = try Place().data()
        let ciphertext = try cipher.encrypt(Array("plaintext".utf8), key: key, associatedData: place)
        for count in 0..<ciphertext.count {
            #expect(throws: CryptoError.ciphertextRejected) {
                try cipher.decrypt([UInt8](ciphertext.prefix(count)), key: key, associatedData: place)
            }
        }
        #expect(throws: CryptoError.ciphertextRejected) {
            try cipher.decrypt(ciphertext + [0], key: key, associatedData: place)
        }
    }

    @Test("A ciphertext opens in no other place", arguments: 0..<9)
    func swaps(field: Int) throws {
        let home = Place()
        var away = home
        var context: [(key: String, value: String)] = [("a", "b"), ("c", "d")]
        switch field {
        case 0: away.cluster = [9, 8]
        case 1: away.placement = "us"
        case 2: away.tenant = "acmf"
        case 3: away.keyID[15] ^= 1
        case 4: away.version += 1
        case 5: context = []
        case 6: context = [("a", "b"), ("c", "e")]
        case 7: context = [("a", "bc"), ("", "d")].filter { !$0.0.isEmpty }
        default: context = [("ab", ""), ("c", "d")]
        }
        let ciphertext = try cipher.encrypt([1, 2, 3], key: key, associatedData: home.data([("c", "d"), ("a", "b")]))
        #expect(
            try cipher.decrypt(ciphertext, key: key, associatedData: home.data([("a", "b"), ("c", "d")])) == [1, 2, 3])
        #expect(throws: CryptoError.ciphertextRejected) {
            try cipher.decrypt(ciphertext, key: key, associatedData: away.data(context))
        }
    }

    @Test("Another key, also of another length, is refused with the same error")
    func otherKey() throws {
        let place = try Place().data()
        let ciphertext = try cipher.encrypt([1], key: key, associatedData: place)
        for bytes in [Array(1..<33), Array(0..<16), Array(0..<64)] as [[UInt8]] {
            #expect(throws: CryptoError.ciphertextRejected) {
                try cipher.decrypt(ciphertext, key: shared(bytes), associatedData: place)
            }
        }
    }

    @Test("Salts differ although the generator repeats itself, within and between ciphers")
    func stuckGenerator() throws {
        let place = try Place().data()
        var salts: Set<[UInt8]> = []
        for _ in 0..<4 {
            let cipher = try MessageCipher(incarnation: 1, random: StuckRandom())
            for message in 0..<500 {
                let bytes = [UInt8(message & 0xFF), UInt8(message >> 8)]
                let ciphertext = try cipher.encrypt(bytes, key: key, associatedData: place)
                salts.insert(try CiphertextHeader(parsing: ciphertext).salt)
                let again = try cipher.encrypt(bytes, key: key, associatedData: place)
                salts.insert(try CiphertextHeader(parsing: again).salt)
            }
        }
        #expect(salts.count == 4000)
    }

    @Test("The derivation, commitment and tag are those of the written format, computed by another library")
    func crossCheck() throws {
        let place = try Place().data([("a", "b")])
        let plaintext = Array("cross-check".utf8)
        let ciphertext = try cipher.encrypt(plaintext, key: key, associatedData: place)
        let header = try CiphertextHeader(parsing: ciphertext)
        let headerCount = header.serialized.count
        #expect(Array(ciphertext[..<headerCount]) == header.serialized)

        let context: [UInt8] = [1, 0, 0, 0, 4] + header.salt + [UInt8](SHA256.hash(data: place.encoded))
        let fixed = Array("claviger/message/1".utf8) + [0] + context + [0, 0, 2, 0x60]
        let secret = SymmetricKey(data: Array(0..<32) as [UInt8])
        var derived: [UInt8] = []
        for block: UInt8 in 1...3 {
            derived += [UInt8](HMAC<SHA256>.authenticationCode(for: [0, 0, 0, block] + fixed, using: secret))
        }
        #expect(Array(derived[44..<76]) == header.commitment)
        let box = try AES.GCM.SealedBox(
            nonce: AES.GCM.Nonce(data: derived[32..<44]), ciphertext: ciphertext[headerCount..<ciphertext.count - 16],
            tag: ciphertext.suffix(16))
        let opened = try AES.GCM.open(
            box, using: SymmetricKey(data: derived[..<32]), authenticating: header.serialized + place.encoded)
        #expect([UInt8](opened) == plaintext)
    }

    @Test("Parsing random bytes never traps, with and without a plausible beginning")
    func garbage() throws {
        let place = try Place().data()
        let good = try cipher.encrypt(Array("x".utf8), key: key, associatedData: place)
        var random = TestRandom(state: 7)
        for round in 0..<20_000 {
            var bytes = random.bytes(Int(random.next() % 260))
            if round % 2 == 0 { bytes = Array(good.prefix(Int(random.next() % 40))) + bytes }
            if let header = try? CiphertextHeader(parsing: bytes) { #expect(bytes.starts(with: header.serialized)) }
            #expect(throws: CryptoError.ciphertextRejected) {
                try cipher.decrypt(bytes, key: key, associatedData: place)
            }
        }
    }

    @Test("Associated data refuses bad names, ids and contexts by name")
    func badInput() throws {
        for name in ["", "-a", "a-", "A", "a_b", "a/b", "é", String(repeating: "a", count: 64)] {
            #expect(throws: CryptoError.invalidInput("placement name")) { try Place(placement: name).data() }
            #expect(throws: CryptoError.invalidInput("tenant name")) { try Place(tenant: name).data() }
        }
        #expect(throws: CryptoError.invalidInput("key id")) { try Place(keyID: [1]).data() }
        #expect(throws: CryptoError.invalidInput("cluster id")) { try Place(cluster: []).data() }
        #expect(throws: CryptoError.invalidInput("encryption context: a key appears twice")) {
            try Place().data([("a", "1"), ("a", "2")])
        }
        #expect(throws: CryptoError.self) { try Place().data([("", "1")]) }
        #expect(throws: CryptoError.self) { try Place().data([("a", String(repeating: "v", count: 1025))]) }
        #expect(throws: CryptoError.self) { try Place().data((0..<33).map { ("k\($0)", "v") }) }
    }

    @Test("Spellings that Unicode calls equal are different contexts")
    func unicode() throws {
        let composed = try Place().data([("caf\u{E9}", "x")])
        let decomposed = try Place().data([("cafe\u{301}", "x")])
        let both = try Place().data([("caf\u{E9}", "x"), ("cafe\u{301}", "x")])
        #expect(Set([composed.encoded, decomposed.encoded, both.encoded]).count == 3)
    }

    @Test("The canonical bytes of the associated data are fixed")
    func golden() throws {
        let place = try Place().data([("b", "2"), ("a", "")])
        let expected: [UInt8] =
            [1, 0, 3, 9, 8, 7, 0, 2] + Array("eu".utf8) + [0, 4] + Array("acme".utf8) + [0, 16]
            + [UInt8](repeating: 3, count: 16) + [0, 0, 0, 4, 0, 0, 0, 0, 0, 7] + Array("message".utf8)
            + [0, 2, 0, 1, 97, 0, 0, 0, 1, 98, 0, 1, 50]
        #expect(place.encoded == expected)
        #expect(try Place().data().binding(EncryptionContext([("b", "2"), ("a", "")])) == place)
    }
}

extension TestRandom {
    func with<R>(_ body: (inout TestRandom) -> R) -> R {
        var copy = self
        return body(&copy)
    }
}
