/// One generation of a key's material.
package struct KeyVersion: Hashable, Sendable {
    package let number: KeyVersionNumber
    package var state: KeyState
    /// Nil once destroyed.
    package var wrapped: WrappedKeyMaterial?
    /// Milliseconds since 1970.
    package let createdAt: Int64
    package var activatedAt: Int64?

    package init(
        number: KeyVersionNumber, state: KeyState, wrapped: WrappedKeyMaterial?, createdAt: Int64,
        activatedAt: Int64? = nil
    ) {
        self.number = number
        self.state = state
        self.wrapped = wrapped
        self.createdAt = createdAt
        self.activatedAt = activatedAt
    }
}
