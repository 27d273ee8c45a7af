// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Crypto
import KeyCrypto
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Wycheproof vectors")
struct WycheproofTests {
    static func hasVectors(_ name: String) -> Bool { Wycheproof.data(name) != nil }

    struct AEADTest: Decodable {
        let tcId: Int
        let key, iv, aad, msg, ct, tag, result: String
    }

    @Test(
        "AES-256-GCM through OpenSSL",
        .enabled("the vectors are beside the package") { hasVectors("aes_gcm_test.json") })
    func aesGCM() throws {
        let data = try #require(Wycheproof.data("aes_gcm_test.json"))
        let file = try JSONDecoder().decode(WycheproofFile<AEADTest>.self, from: data)
        let groups = file.testGroups.filter { $0.keySize == 256 && $0.ivSize == 96 && $0.tagSize == 128 }
        let cipher = try AES256GCM()
        var done = 0
        for test in groups.flatMap(\.tests) {
            let key = try #require([UInt8](hex: test.key))
            let nonce = try #require([UInt8](hex: test.iv))
            let aad = try #require([UInt8](hex: test.aad))
            let message = try #require([UInt8](hex: test.msg))
            let ciphertext = try #require([UInt8](hex: test.ct))
            let tag = try #require([UInt8](hex: test.tag))
            var opened = [UInt8](repeating: 0, count: ciphertext.count)
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            let error = withBuffers([key, nonce, aad, ciphertext, tag]) { input in
                opened.withUnsafeMutableBytes { output in
                    failure { () throws(CryptoError) in
                        try cipher.open(
                            key: input[0], nonce: input[1], authenticated: (input[2], none), ciphertext: input[3],
                            tag: input[4], into: output)
                    }
                }
            }
            if test.result == "valid" {
                #expect(error == nil, "case \(test.tcId)")
                #expect(opened == message, "case \(test.tcId)")
            } else {
                #expect(error == .ciphertextRejected, "case \(test.tcId)")
            }
            done += 1
        }
        #expect(done > 50)
    }

    struct MACTest: Decodable {
        let tcId: Int
        let key, msg, tag, result: String
    }

    @Test(
        "HMAC-SHA-256 through OpenSSL, and as swift-crypto computes it",
        .enabled("the vectors are beside the package") { hasVectors("hmac_sha256_test.json") })
    func hmac() throws {
        let data = try #require(Wycheproof.data("hmac_sha256_test.json"))
        let file = try JSONDecoder().decode(WycheproofFile<MACTest>.self, from: data)
        let mac = try HMACSHA256()
        var done = 0
        for group in file.testGroups {
            for test in group.tests {
                let key = try #require([UInt8](hex: test.key))
                let message = try #require([UInt8](hex: test.msg))
                let tag = try #require([UInt8](hex: test.tag))
                var code = [UInt8](repeating: 0, count: 32)
                try key.withUnsafeBytes { try mac.start(key: $0) }
                try message.withUnsafeBytes { try mac.update($0) }
                try code.withUnsafeMutableBytes { try mac.finish(into: $0) }
                #expect((Array(code.prefix(tag.count)) == tag) == (test.result == "valid"), "case \(test.tcId)")
                let other = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key))
                #expect([UInt8](other) == code, "case \(test.tcId)")
                done += 1
            }
        }
        #expect(done == 174)
    }

    struct XDHTest: Decodable {
        let tcId: Int
        let `public`, `private`, shared, result: String
        let flags: [String]
    }

    @Test(
        "X25519 of swift-crypto, one half of X-Wing",
        .enabled("the vectors are beside the package") { hasVectors("x25519_test.json") })
    func x25519() throws {
        let data = try #require(Wycheproof.data("x25519_test.json"))
        let file = try JSONDecoder().decode(WycheproofFile<XDHTest>.self, from: data)
        var agreed = 0
        for test in file.testGroups.flatMap(\.tests) {
            let secret = try #require([UInt8](hex: test.private))
            let peer = try #require([UInt8](hex: test.public))
            let ours = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret)
            guard let theirs = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: peer),
                let agreement = try? ours.sharedSecretFromKeyAgreement(with: theirs)
            else {
                #expect(test.result != "valid", "case \(test.tcId)")
                continue
            }
            #expect(agreement.withUnsafeBytes { [UInt8]($0) } == [UInt8](hex: test.shared), "case \(test.tcId)")
            agreed += 1
        }
        #expect(agreed > 200)
    }

    struct MLKEMTest: Decodable {
        let tcId: Int
        let seed, c, K, result: String?
    }

    @Test(
        "ML-KEM-768 of swift-crypto, the other half of X-Wing",
        .enabled("the vectors are beside the package") { hasVectors("mlkem_768_test.json") })
    func mlkem() throws {
        let data = try #require(Wycheproof.data("mlkem_768_test.json"))
        let file = try JSONDecoder().decode(WycheproofFile<MLKEMTest>.self, from: data)
        var agreed = 0
        for test in file.testGroups.flatMap(\.tests) {
            guard let seed = test.seed.flatMap({ [UInt8](hex: $0) }), let c = test.c.flatMap({ [UInt8](hex: $0) }),
                let expected = test.K.flatMap({ [UInt8](hex: $0) })
            else { continue }
            guard let key = try? MLKEM768.PrivateKey(seedRepresentation: Data(seed), publicKey: nil),
                let shared = try? key.decapsulate(Data(c))
            else {
                #expect(test.result != "valid", "case \(test.tcId)")
                continue
            }
            if test.result == "valid" {
                #expect(shared.withUnsafeBytes { [UInt8]($0) } == expected, "case \(test.tcId)")
                agreed += 1
            }
        }
        #expect(agreed > 10)
    }
}
