/// A listener, connection or identity that cannot be set up. The text says what, where, and is safe to log.
package struct TransportError: Error, Sendable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
