/// A named rule: where keys under it may exist and be used, how many replicas, which region leads.
package struct Placement: Hashable, Sendable {
    /// The largest failure after which the placement must still have a majority.
    package enum Survival: String, Hashable, Sendable, CaseIterable { case region, node }

    /// Legal `maxStaleness`: 5 s to 24 h, in milliseconds.
    package static let staleness: ClosedRange<Int64> = 5_000...86_400_000

    package let name: PlacementName
    /// Counts the changes of the rule from 1.
    package var version: UInt64
    /// Sorted, never changed after creation. A region fits only if **all** its jurisdictions are here: a law that the
    /// owner did not name has no power over a copy.
    package let allowedJurisdictions: [String]
    package var replicas: Int
    /// Regions that should lead, the first one first.
    package var leaderPreference: [String]
    package var survive: Survival
    /// How old a replica's confirmed state may be before it refuses to serve, in milliseconds.
    package var maxStaleness: Int64
    /// Sorted. Doors may take plaintext in regions whose jurisdictions are all here.
    package var servePlaintextAt: [String]

    /// `servePlaintextAt` is `allowedJurisdictions` if absent.
    package init(
        name: PlacementName, version: UInt64 = 1, allowedJurisdictions: [String], replicas: Int = 3,
        leaderPreference: [String] = [], survive: Survival = .region, maxStaleness: Int64 = 60_000,
        servePlaintextAt: [String]? = nil
    ) {
        self.name = name
        self.version = version
        self.allowedJurisdictions = allowedJurisdictions.sorted(by: NameRules.precedes)
        self.replicas = replicas
        self.leaderPreference = leaderPreference
        self.survive = survive
        self.maxStaleness = maxStaleness
        self.servePlaintextAt = (servePlaintextAt ?? allowedJurisdictions).sorted(by: NameRules.precedes)
    }

    /// Whether a replica may stand in the region.
    package func permits(region: Region) -> Bool { permits(jurisdictions: region.jurisdictions) }

    /// Whether a replica may stand under these jurisdictions.
    package func permits(jurisdictions: [String]) -> Bool { Jurisdictions.all(jurisdictions, in: allowedJurisdictions) }

    /// Whether a door in the region may take and give plaintext.
    package func permitsPlaintext(region: Region) -> Bool {
        permits(region: region) && Jurisdictions.all(region.jurisdictions, in: servePlaintextAt)
    }

    /// Everything that keeps the rule from being met by these regions and nodes, in words; empty when it can be met.
    package func problems(regions: [Region], nodes: [PlacementCandidate]) -> [String] {
        PlacementRules.all.flatMap { $0.problems(of: self, regions: regions, nodes: nodes) }
    }

    /// Everything that is wrong with the rule by itself.
    package func problemsInItself() -> [String] {
        PlacementRules.alone.flatMap { $0.problems(of: self, regions: [], nodes: []) }
    }
}

/// A node that could hold replicas.
package struct PlacementCandidate: Hashable, Sendable {
    package let node: String
    package let region: String

    package init(node: String, region: String) {
        self.node = node
        self.region = region
    }
}
