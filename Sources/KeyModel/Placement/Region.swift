/// A place where nodes run.
package struct Region: Hashable, Sendable {
    package let name: String
    /// The provider whose failure takes all its regions.
    package let cloud: String
    /// Every jurisdiction that has power over the place, sorted: `DE` and `EU` for Frankfurt.
    package let jurisdictions: [String]

    package init(name: String, cloud: String, jurisdictions: [String]) {
        self.name = name
        self.cloud = cloud
        self.jurisdictions = jurisdictions.sorted(by: NameRules.precedes)
    }

    /// What is wrong with it, or nil.
    package var problem: String? {
        guard NameRules.isName(name) else { return "a region's name must be 1-63 of a-z, 0-9 and -" }
        guard NameRules.isName(cloud) else { return "the cloud of region \(name) must be 1-63 of a-z, 0-9 and -" }
        return Jurisdictions.problem(jurisdictions).map { "region \(name): \($0)" }
    }
}

/// Rules for lists of jurisdictions.
package enum Jurisdictions {
    /// Most jurisdictions in one list.
    package static let most = 32

    /// What is wrong with the list, or nil. It may not be empty: a place under nobody's law is a mistake.
    package static func problem(_ list: [String]) -> String? {
        guard !list.isEmpty else { return "at least one jurisdiction is needed" }
        guard list.count <= most else { return "at most \(most) jurisdictions can be named" }
        guard list.allSatisfy(NameRules.isJurisdiction) else {
            return "a jurisdiction must be 1-63 of A-Z, 0-9 and -, beginning with a letter"
        }
        let sorted = list.sorted(by: NameRules.precedes)
        let repeated = zip(sorted, sorted.dropFirst()).contains { NameRules.same($0, $1) }
        return repeated ? "a jurisdiction is named twice" : nil
    }

    /// Whether every jurisdiction of `list` is in `allowed`, and there is one.
    package static func all(_ list: [String], in allowed: [String]) -> Bool {
        !list.isEmpty && list.allSatisfy { one in allowed.contains { NameRules.same($0, one) } }
    }
}
