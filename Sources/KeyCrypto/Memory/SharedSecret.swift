/// A secret that many threads hold at once, such as a cached key version. Wiped with its last reference; prints as
/// `redacted`.
package final class SharedSecret: Sendable {
    package let bytes: SecretBytes

    package init(_ bytes: consuming SecretBytes) { self.bytes = bytes }

    /// A second locked copy of `other`, with a life of its own.
    package init(copying other: borrowing SecretBytes) throws(CryptoError) {
        bytes = try other.withUnsafeBytes { (source) throws(CryptoError) in try SecretBytes(copying: source) }
    }

    package var count: Int { bytes.count }

    /// Lends the bytes for the length of `body`; they must not leave it.
    package func withUnsafeBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try bytes.withUnsafeBytes(body)
    }
}

extension SharedSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "SharedSecret(redacted)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}
