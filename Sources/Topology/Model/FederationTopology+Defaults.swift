import Crypto

extension FederationTopology {
    /// The first 16 bytes of SHA-256 over the name, a zero byte and the trust domain.
    static func derivedClusterID(name: String, trustDomain: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(name.utf8) + [0] + Array(trustDomain.utf8)).prefix(16))
    }

    /// The first nodes of the file that are each in another region: five, or the largest odd number there is.
    static func defaultVoters(among nodes: [Node]) -> [String] {
        var seen: [String] = []
        var voters: [String] = []
        for node in nodes where voters.count < 5 && !seen.contains(node.region) {
            seen.append(node.region)
            voters.append(node.name)
        }
        if voters.count.isMultiple(of: 2) { _ = voters.popLast() }
        return voters
    }
}
