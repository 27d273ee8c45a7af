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

        /// Whether every jurisdiction that can lay hands on the region is among the allowed ones: a doubt is a refusal.
        package func liesWithin(_ allowed: [String]) -> Bool { jurisdictions.allSatisfy(allowed.contains) }
    }
}
