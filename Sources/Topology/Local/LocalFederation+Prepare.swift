extension LocalFederation {
    /// Makes what is missing: the authority, an identity for each node, operator and placement's Kubernetes plugin, and
    /// each node's passphrase. What is there and still good is left alone.
    package func prepare() throws(TopologyError) {
        try PrivateFile.makeDirectory(layout.root)
        let authority = try loadOrCreateAuthority()
        for identity in topology.operators {
            try provide(identity, in: layout.identity(named: Self.shortName(of: identity)), from: authority)
        }
        for placement in topology.placements {
            let name = "kms-\(placement.name)"
            let identity = SPIFFEID.workload(trustDomain: topology.trustDomain, name: name)
            try provide(identity, in: layout.identity(named: name), from: authority)
        }
        for node in topology.nodes {
            let files = layout.node(node.name)
            try PrivateFile.makeDirectory(files.dataPath)
            try provide(topology.identity(of: node), in: files.identity, from: authority)
            if !TextFile.exists(files.passphrasePath) {
                try PrivateFile.write(Self.randomPassphrase(), to: files.passphrasePath)
            }
        }
        try PrivateFile.write("\(topologyPath)\n", to: layout.topologyRecordPath, replacing: true)
    }

    private func loadOrCreateAuthority() throws(TopologyError) -> CertificateAuthority {
        guard TextFile.exists("\(layout.authorityPath)/ca.pem") else {
            let authority = try CertificateAuthority.create(trustDomain: topology.trustDomain)
            try authority.save(to: layout.authorityPath)
            return authority
        }
        let authority = try CertificateAuthority.load(from: layout.authorityPath)
        guard authority.trustDomain == topology.trustDomain else {
            throw TopologyError(
                layout.authorityPath,
                "this authority is of \(authority.trustDomain), the topology of \(topology.trustDomain); "
                    + "take another --dir"
            )
        }
        return authority
    }

    /// Issues an identity that is missing, incomplete, of another authority or about to expire.
    private func provide(
        _ identity: SPIFFEID, in directory: IdentityDirectory, from authority: CertificateAuthority
    ) throws(TopologyError) {
        if directory.isComplete {
            let summary = try directory.summary()
            guard summary.identity == identity else {
                throw TopologyError(
                    directory.path,
                    "holds \(summary.identity?.uri ?? "no SPIFFE ID") where \(identity) belongs; "
                        + "remove it or take another --dir"
                )
            }
            let own = try TextFile.read("\(layout.authorityPath)/ca.pem", limit: CertificateFile.limit)
            let isOfAuthority = try TextFile.read(directory.authorityPath, limit: CertificateFile.limit) == own
            if isOfAuthority, summary.daysLeft() >= Self.renewalDays { return }
        }
        try authority.issue(identity).save(to: directory, replacing: true)
    }

    /// An identity with fewer days left is issued anew.
    private static let renewalDays = 30

    /// `admin` for `spiffe://DOMAIN/operator/admin`; of another path all segments.
    static func shortName(of identity: SPIFFEID) -> String {
        let segments = identity.segments
        return segments.count == 2 && segments[0] == "operator" ? segments[1] : segments.joined(separator: "-")
    }

    /// 256 random bits as hexadecimal digits, without a line end.
    private static func randomPassphrase() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hexadecimal.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}
