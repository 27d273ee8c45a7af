extension FederationTopology {
    /// A place where nodes run.
    package struct Region: Sendable, Equatable {
        package let name: String
        /// The provider whose failure takes all its regions.
        package let cloud: String
        /// At least one, as `EU` or `DE`.
        package let jurisdictions: [String]

        package init(name: String, cloud: String, jurisdictions: [String]) {
            self.name = name
            self.cloud = cloud
            self.jurisdictions = jurisdictions
        }

        /// Whether the region belongs to at least one of the jurisdictions.
        package func lies(inAnyOf others: [String]) -> Bool { jurisdictions.contains { others.contains($0) } }
    }
}
