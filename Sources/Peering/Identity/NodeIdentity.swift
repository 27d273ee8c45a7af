import Wire

/// A node's name in a certificate: `spiffe://DOMAIN/region/REGION/node/NAME`, in exactly this form (SPIFFE ID, section
/// 2).
package struct NodeIdentity: Hashable, Sendable, CustomStringConvertible {
    package var trustDomain: String
    package var region: String
    package var name: String

    package init(trustDomain: String, region: String, name: String) {
        self.trustDomain = trustDomain
        self.region = region
        self.name = name
    }

    /// Reads the URI; nil unless every part is well-formed and nothing follows. Percent-encoding, upper case, empty
    /// segments, ports, queries and fragments are not part of the form.
    package init?(uri: String) {
        let scheme = "spiffe://"
        guard uri.utf8.count <= 512, uri.utf8.starts(with: scheme.utf8) else { return nil }
        let parts = uri.utf8.dropFirst(scheme.utf8.count)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
        guard parts.count == 5, parts[1].utf8.elementsEqual("region".utf8), parts[3].utf8.elementsEqual("node".utf8),
            Self.isTrustDomain(parts[0]), WireLimits.isName(parts[2]), WireLimits.isName(parts[4])
        else { return nil }
        self.init(trustDomain: parts[0], region: parts[2], name: parts[4])
    }

    package var description: String { "spiffe://\(trustDomain)/region/\(region)/node/\(name)" }

    /// Whether a text is a trust domain: 1 to 255 of `a-z 0-9 . - _`.
    package static func isTrustDomain(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
            }
    }
}
