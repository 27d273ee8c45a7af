import COpenSSL
import CPlatform

/// Key material in locked memory. Wiped when it goes out of scope; cannot be copied, compared with ==, printed or
/// encoded.
package struct SecretBytes: ~Copyable {
    private let storage: UnsafeMutableRawBufferPointer

    /// Takes `count` zeroed bytes and lets `fill` write them; when `fill` throws, they are wiped and given back.
    package init(
        count: Int, fill: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        guard count >= 0 else { throw .invalidInput("secret length") }
        guard let slot = SecretArena.shared.allocate(count) else { throw .memoryUnavailable }
        do {
            try fill(slot)
        } catch {
            SecretArena.shared.release(slot)
            throw error
        }
        storage = slot
    }

    /// Copies bytes that the caller goes on to own, and to wipe.
    package init(copying bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        try self.init(count: bytes.count) { (slot) throws(CryptoError) in slot.copyMemory(from: bytes) }
    }

    /// Moves the bytes of an array into locked memory and wipes the array.
    package init(wiping bytes: inout [UInt8]) throws(CryptoError) {
        defer { bytes.wipe() }
        try self.init(count: bytes.count) { (slot) throws(CryptoError) in
            bytes.withRawBytes { slot.copyMemory(from: $0) }
        }
    }

    package var count: Int { storage.count }

    /// Lends the bytes for the length of `body`; they must not leave it.
    package borrowing func withUnsafeBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeRawBufferPointer(storage))
    }

    /// Equal length and bytes, in a time that depends on the length only.
    package borrowing func constantTimeEquals(_ other: borrowing SecretBytes) -> Bool {
        ConstantTime.equals(UnsafeRawBufferPointer(storage), UnsafeRawBufferPointer(other.storage))
    }

    deinit { SecretArena.shared.release(storage) }
}

// SAFETY: uniquely owned and immutable after init.
extension SecretBytes: @unchecked Sendable {}

/// Comparisons whose time does not tell where two values differ.
enum ConstantTime {
    static func equals(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        guard let first = a.baseAddress, let second = b.baseAddress, a.count > 0 else { return true }
        return CRYPTO_memcmp(first, second, a.count) == 0
    }

    static func equals(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.withRawBytes { a in b.withRawBytes { b in equals(a, b) } }
    }
}

extension [UInt8] {
    /// Overwrites the bytes with zeros. Other copies of the array, if there are any, keep theirs.
    package mutating func wipe() {
        withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { claviger_wipe(base, bytes.count) }
        }
    }

    /// As `withUnsafeBytes`, with a typed error.
    func withRawBytes<R: ~Copyable, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try span.withUnsafeBytes(body)
    }
}
