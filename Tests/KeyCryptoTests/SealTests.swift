import KeyCrypto
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Seals")
struct SealTests {
    static let cheap = ScryptParameters(logN: 10, r: 8, p: 1)

    static func passphrase(_ text: String = "correct horse") throws -> PassphraseSeal {
        try PassphraseSeal(passphrase: secret(Array(text.utf8)), parameters: cheap)
    }

    @Test("A passphrase opens what the same passphrase sealed, under the same label")
    func passphrase() throws {
        let record = try Self.passphrase().seal(secret([1, 2, 3]), label: "a")
        let opened = try Self.passphrase().unseal(record, label: "a")
        #expect(reveal(opened) == [1, 2, 3])
        let other = try Self.passphrase("wrong")
        let same = try Self.passphrase()
        #expect(failure { () throws(CryptoError) in _ = try other.unseal(record, label: "a") } == .sealRejected)
        #expect(failure { () throws(CryptoError) in _ = try same.unseal(record, label: "b") } == .sealRejected)
    }

    @Test("Every flipped bit of a sealed record is refused, and none asks for unbounded memory")
    func damage() throws {
        let directory = try TemporaryDirectory()
        let seals: [any Seal] = [
            try DevFileSeal(path: directory.path + "/key", isProduction: false), try Self.passphrase(),
        ]
        for seal in seals {
            let record = try seal.seal(secret([1, 2, 3]), label: "a")
            var accepted: [Int] = []
            record.forEachBitFlip { flipped, bit in
                let error = failure { () throws(CryptoError) in _ = try seal.unseal(flipped, label: "a") }
                if error != .sealRejected { accepted.append(bit) }
            }
            #expect(accepted.isEmpty, "\(seal.name)")
            for count in 0..<record.count {
                let error = failure { () throws(CryptoError) in
                    _ = try seal.unseal(Array(record.prefix(count)), label: "a")
                }
                #expect(error == .sealRejected)
            }
        }
    }

    @Test(
        "Costs out of bounds are refused before use",
        arguments: [(9, 8, 1), (21, 1, 1), (20, 8, 1), (15, 0, 1), (15, 33, 1), (15, 8, 0), (15, 8, 17), (255, 1, 1)])
    func bounds(logN: UInt8, r: UInt32, p: UInt32) throws {
        let parameters = ScryptParameters(logN: logN, r: r, p: p)
        #expect(!parameters.isAcceptable)
        #expect(throws: CryptoError.invalidInput("scrypt parameters")) {
            _ = try PassphraseSeal(passphrase: secret([1]), parameters: parameters)
        }
    }

    @Test("The development seal makes its key file once, private, and keeps using it")
    func devFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/key"
        let record = try DevFileSeal(path: path, isProduction: false).seal(secret([7]), label: "a")
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(status.st_size == 32)
        let opened = try DevFileSeal(path: path, isProduction: false).unseal(record, label: "a")
        #expect(reveal(opened) == [7])
    }

    @Test("The development seal is refused in production, when others can read it, and when it is no key")
    func devFileRefusals() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/key"
        func refusal(_ production: Bool = false) -> Bool {
            if case .sealRefused = failure({ () throws(CryptoError) in
                _ = try DevFileSeal(path: path, isProduction: production)
            }) {
                return true
            }
            return false
        }
        #expect(refusal(true))
        #expect(try directory.names().isEmpty)
        _ = try DevFileSeal(path: path, isProduction: false)
        #expect(chmod(path, 0o640) == 0)
        #expect(refusal())
        try directory.write([UInt8](repeating: 1, count: 31), "key")
        #expect(chmod(path, 0o600) == 0)
        #expect(refusal())
        #expect(unlink(path) == 0)
        #expect(symlink("/dev/null", path) == 0)
        #expect(refusal())
    }
}
