/// A key as the model knows it: encrypted under another one, opaque. The only form of a key that is replicated.
package struct WrappedKeyMaterial: Hashable, Sendable, CustomStringConvertible {
    /// What opens it.
    package enum Wrapping: Hashable, Sendable {
        /// Tenant keys are wrapped by their placement's epoch key.
        case epoch(EpochNumber)
        /// Key versions are wrapped by a key of their tenant.
        case tenantKey(TenantKeyNumber)
    }

    /// Largest wrap that is taken, in bytes.
    package static let largest = 1024

    package let bytes: [UInt8]
    package let wrapping: Wrapping

    package init(bytes: [UInt8], wrapping: Wrapping) {
        self.bytes = bytes
        self.wrapping = wrapping
    }

    /// Never the bytes: wraps do not belong in logs.
    package var description: String { "\(bytes.count) wrapped bytes under \(wrapping)" }
}
