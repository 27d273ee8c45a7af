/// An invariant that did not hold, in the numbering of `docs/testing.md`.
package struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    package var invariant: String
    package var text: String

    package init(_ invariant: String, _ text: String) {
        self.invariant = invariant
        self.text = text
    }

    package var description: String { "\(invariant): \(text)" }
}
