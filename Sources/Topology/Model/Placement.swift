extension FederationTopology {
    /// A named rule: where keys under it may exist and be used, how many replicas, which region leads.
    package struct Placement: Sendable, Equatable {
        /// The largest failure after which the placement must still have a majority.
        package enum Survival: String, Sendable, CaseIterable { case region, node }

        package let name: String
        /// Never empty. Replicas stay in regions that belong to at least one of them.
        package let jurisdictions: [String]
        /// 3 or 5.
        package let replicas: Int
        /// Regions that should lead, the first one first.
        package let leaderPreference: [String]
        package let survive: Survival
        /// How old a replica's confirmed state may be before it refuses to serve: 5 s … 24 h.
        package let maxStaleness: Duration
        /// Where plaintext may be given out: at replicas in regions of these jurisdictions.
        package let servePlaintextAt: [String]
        /// The policy text that the placement begins with, for the policy engine to read.
        package let policy: String?

        package static let staleness = Duration.seconds(5)...Duration.seconds(24 * 3600)

        /// `servePlaintextAt` is `jurisdictions` if absent.
        package init(
            name: String, jurisdictions: [String], replicas: Int = 3, leaderPreference: [String] = [],
            survive: Survival = .region, maxStaleness: Duration = .seconds(60), servePlaintextAt: [String]? = nil,
            policy: String? = nil
        ) {
            self.name = name
            self.jurisdictions = jurisdictions
            self.replicas = replicas
            self.leaderPreference = leaderPreference
            self.survive = survive
            self.maxStaleness = maxStaleness
            self.servePlaintextAt = servePlaintextAt ?? jurisdictions
            self.policy = policy
        }
    }
}
