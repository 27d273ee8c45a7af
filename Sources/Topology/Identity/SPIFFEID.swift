/// A SPIFFE identity, `spiffe://TRUST-DOMAIN/PATH` (SPIFFE-ID standard, sections 2 and 3): the only name in a
/// certificate.
package struct SPIFFEID: Hashable, Sendable, CustomStringConvertible {
    package let trustDomain: String
    /// The segments of the path; empty for the identity of a trust domain itself.
    package let segments: [String]

    /// Throws what is wrong with the text. 2048 bytes at most (SPIFFE-ID standard, section 2.3).
    package init(_ uri: String) throws(TopologyError) {
        let scheme = "spiffe://"
        guard uri.utf8.count <= 2048 else { throw TopologyError("", "a SPIFFE ID has at most 2048 bytes") }
        guard uri.hasPrefix(scheme) else { throw TopologyError("", "'\(uri)' does not begin with \(scheme)") }
        let parts = uri.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let domain = parts.first, Self.isTrustDomain(domain) else {
            throw TopologyError("", "'\(uri)' has no trust domain of a-z, 0-9, '.', '-' and '_'")
        }
        guard parts.dropFirst().allSatisfy(Self.isSegment) else {
            throw TopologyError("", "'\(uri)' has a path with an empty or relative segment or a forbidden character")
        }
        self.init(trustDomain: domain, segments: Array(parts.dropFirst()))
    }

    private init(trustDomain: String, segments: [String]) {
        self.trustDomain = trustDomain
        self.segments = segments
    }

    /// The identity of a node: `spiffe://DOMAIN/region/REGION/node/NAME`. Takes names that are already checked.
    package static func node(trustDomain: String, region: String, name: String) -> SPIFFEID {
        SPIFFEID(trustDomain: trustDomain, segments: ["region", region, "node", name])
    }

    /// The identity of a workload: `spiffe://DOMAIN/workload/NAME`. Takes names that are already checked.
    package static func workload(trustDomain: String, name: String) -> SPIFFEID {
        SPIFFEID(trustDomain: trustDomain, segments: ["workload", name])
    }

    /// The identity of a trust domain itself, which its authority's certificate bears. Takes a checked name.
    static func authority(trustDomain: String) -> SPIFFEID { SPIFFEID(trustDomain: trustDomain, segments: []) }

    package var uri: String { "spiffe://" + ([trustDomain] + segments).joined(separator: "/") }

    package var description: String { uri }

    /// The node's name if this is the identity of a node.
    package var nodeName: String? {
        segments.count == 4 && segments[0] == "region" && segments[2] == "node" ? segments[3] : nil
    }

    /// 1-255 bytes of `a-z 0-9 . - _` (SPIFFE-ID standard, section 2.1).
    package static func isTrustDomain(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { NameRule.isLetterOrDigit($0) || Array(".-_".utf8).contains($0) }
    }

    private static func isSegment(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".."
            && text.utf8.allSatisfy {
                NameRule.isLetterOrDigit($0) || NameRule.isCapital($0) || Array(".-_".utf8).contains($0)
            }
    }
}
