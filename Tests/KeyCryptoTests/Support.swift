import KeyCrypto
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

// swift-crypto has types of the same names; here ours are meant.
typealias CryptoError = KeyCrypto.CryptoError
typealias SharedSecret = KeyCrypto.SharedSecret

/// A generator that always gives the same bytes, as after the restore of a virtual machine.
struct StuckRandom: RandomSource {
    var byte: UInt8 = 0x5A

    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        for index in buffer.indices { buffer[index] = byte }
    }
}

/// A generator that has failed.
struct BrokenRandom: RandomSource {
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) { throw .randomUnavailable }
}

/// A small deterministic generator for test inputs.
struct TestRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// A secret that the test may see.
func secret(_ bytes: [UInt8]) throws -> SecretBytes {
    var bytes = bytes
    return try SecretBytes(wiping: &bytes)
}

func shared(_ bytes: [UInt8]) throws -> SharedSecret { SharedSecret(try secret(bytes)) }

func reveal(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withUnsafeBytes { [UInt8]($0) } }

/// Non-copyable values cannot enter `#expect`; this says what the call threw.
func failure(_ body: () throws(CryptoError) -> Void) -> CryptoError? {
    do throws(CryptoError) {
        try body()
        return nil
    } catch {
        return error
    }
}

/// Lends the bytes of several arrays at once.
func withBuffers<R>(
    _ arrays: [[UInt8]], _ lent: [UnsafeRawBufferPointer] = [], _ body: ([UnsafeRawBufferPointer]) -> R
) -> R {
    guard let first = arrays.first else { return body(lent) }
    return first.withUnsafeBytes { withBuffers(Array(arrays.dropFirst()), lent + [$0], body) }
}

/// A directory that is removed when the test ends.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/keycrypto-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }
    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

extension [UInt8] {
    /// Every array that differs from this one in a single bit.
    func forEachBitFlip(_ body: ([UInt8], Int) throws -> Void) rethrows {
        var copy = self
        for bit in 0..<count * 8 {
            copy[bit / 8] ^= 1 << (bit % 8)
            try body(copy, bit)
            copy[bit / 8] ^= 1 << (bit % 8)
        }
    }

    init?(hex: String) {
        let digits = [UInt8](hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        self = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            append(byte)
        }
    }
}

/// Vectors of C2SP/wycheproof, kept beside the package.
enum Wycheproof {
    static func data(_ name: String) -> Data? {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let candidates = [root.path + "/../shared"]
        return candidates.lazy.compactMap { path in
            try? Data(contentsOf: URL(fileURLWithPath: path + "/vectors/wycheproof/" + name))
        }.first
    }
}

struct WycheproofFile<Test: Decodable>: Decodable {
    struct Group: Decodable {
        let keySize: Int?
        let ivSize: Int?
        let tagSize: Int?
        let tests: [Test]
    }

    let testGroups: [Group]
}

struct Place {
    var cluster: [UInt8] = [9, 8, 7]
    var placement = "eu"
    var tenant = "acme"
    var keyID = [UInt8](repeating: 3, count: 16)
    var version: UInt32 = 4

    func data(_ context: [(key: String, value: String)] = []) throws -> AssociatedData {
        try AssociatedData(
            cluster: cluster, placement: placement, tenant: tenant, keyID: keyID, version: version,
            context: EncryptionContext(context))
    }
}
