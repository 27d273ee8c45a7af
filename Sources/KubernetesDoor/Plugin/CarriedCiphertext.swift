/// A ciphertext as KMS v2 carries it: the API server takes at most 1024 bytes as such, so the rest of a longer one
/// travels in one annotation. All of it together is what the federation sealed, so no part can be changed, and there is
/// one way only to cut it.
package struct CarriedCiphertext: Hashable, Sendable {
    /// Longest ciphertext that the API server takes.
    static let limit = 1024
    /// A lower-case DNS name of at least two labels, as the API server wants it.
    package static let restName = "rest.ciphertext.claviger"
    /// Longest sum of an annotation's name and value that the API server takes.
    static let annotationLimit = 32 * 1024

    package let head: [UInt8]
    package let annotations: [String: [UInt8]]

    /// Nil if `sealed` is empty or too long for any answer.
    package init?(sealed: [UInt8]) {
        let rest = sealed.dropFirst(Self.limit)
        guard !sealed.isEmpty, rest.count + Self.restName.utf8.count <= Self.annotationLimit else { return nil }
        head = Array(sealed.prefix(Self.limit))
        annotations = rest.isEmpty ? [:] : [Self.restName: Array(rest)]
    }

    /// What was sealed, from what an API server brings. Nil if it cannot have been given out so.
    package static func sealed(_ head: [UInt8], _ annotations: [String: [UInt8]]) -> [UInt8]? {
        guard !head.isEmpty, head.count <= limit else { return nil }
        if annotations.isEmpty { return head }
        guard annotations.count == 1, let rest = annotations[restName], !rest.isEmpty, head.count == limit,
            rest.count + restName.utf8.count <= annotationLimit
        else { return nil }
        return head + rest
    }
}
