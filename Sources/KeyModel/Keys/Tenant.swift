/// A tenant in one placement: the keys that wrap its key versions.
package struct Tenant: Hashable, Sendable {
    package let name: TenantName
    /// By number, from 1; the last one wraps new key versions.
    package var keys: [TenantKey]

    package init(name: TenantName, keys: [TenantKey]) {
        self.name = name
        self.keys = keys
    }

    package func key(_ number: TenantKeyNumber) -> TenantKey? { keys.first { $0.number == number } }
    package var current: TenantKey? { keys.last }
}

/// One key of a tenant, wrapped by its placement's epoch key.
package struct TenantKey: Hashable, Sendable {
    package let number: TenantKeyNumber
    /// Under an epoch; replaced when it is wrapped again under a later one.
    package var wrapped: WrappedKeyMaterial
    /// Tells without opening it that a new wrap holds the same key. May be empty where the caller keeps none.
    package let checkValue: [UInt8]
    /// Milliseconds since 1970.
    package let createdAt: Int64

    package init(number: TenantKeyNumber, wrapped: WrappedKeyMaterial, checkValue: [UInt8], createdAt: Int64) {
        self.number = number
        self.wrapped = wrapped
        self.checkValue = checkValue
        self.createdAt = createdAt
    }

    /// The epoch whose key opens it.
    package var epoch: EpochNumber? {
        if case .epoch(let number) = wrapped.wrapping { number } else { nil }
    }
}
