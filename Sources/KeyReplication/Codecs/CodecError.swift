/// Bytes that are not a command or row of this program: damaged, or from a newer one. Never carries contents.
package struct CodecError: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
    package var description: String { reason }
}
