/// Where a node's API is, and who must answer there.
package struct ClientEndpoint: Sendable, Hashable, CustomStringConvertible {
    package var host: String
    package var port: Int
    package var region: String
    package var node: String

    package init(host: String, port: Int, region: String = "", node: String = "") {
        self.host = host
        self.port = port
        self.region = region
        self.node = node
    }

    package var description: String { "\(host):\(port)" }

    /// Whether a certificate's name is that of this endpoint's node. Without a node name any node of the trust domain
    /// will do.
    func accepts(_ identity: String, trustDomain: String) -> Bool {
        let prefix = "spiffe://\(trustDomain)/region/"
        guard !node.isEmpty else { return identity.hasPrefix(prefix) && identity.contains("/node/") }
        guard !region.isEmpty else { return identity.hasPrefix(prefix) && identity.hasSuffix("/node/\(node)") }
        return identity == "\(prefix)\(region)/node/\(node)"
    }
}
