/// A named key: its versions and what is known about it. Holds wrapped material only.
package struct Key: Hashable, Sendable {
    /// Most versions of one key, destroyed ones included.
    package static let mostVersions = 1000

    package let id: KeyID
    package let name: KeyName
    package let algorithm: Algorithm
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// Counts the changes of the key from 1: writers name the one they saw, so that two do not undo each other.
    package var generation: UInt64
    /// The version that protects.
    package var primary: KeyVersionNumber
    /// By number, from 1.
    package var versions: [KeyVersion]
    /// By tag key.
    package var tags: [KeyTag]
    package var isEnabled: Bool

    package init(
        id: KeyID, name: KeyName, algorithm: Algorithm, createdAt: Int64, generation: UInt64 = 1,
        primary: KeyVersionNumber = .first, versions: [KeyVersion], tags: [KeyTag] = [], isEnabled: Bool = true
    ) {
        self.id = id
        self.name = name
        self.algorithm = algorithm
        self.createdAt = createdAt
        self.generation = generation
        self.primary = primary
        self.versions = versions
        self.tags = tags
        self.isEnabled = isEnabled
    }

    package var placement: PlacementName { name.placement }
    package var tenant: TenantName { name.tenant }
    package var purpose: KeyPurpose { algorithm.purpose }

    /// The version with this number, or nil.
    package func version(_ number: KeyVersionNumber) -> KeyVersion? {
        position(of: number).map { versions[$0] }
    }

    /// The version that protects. Nil only in a row that no command can have made.
    package var primaryVersion: KeyVersion? { version(primary) }

    /// The version that was added and waits to become the one that protects.
    package var pendingVersion: KeyVersion? {
        versions.last.flatMap { $0.state == .preActive && $0.number > primary ? $0 : nil }
    }

    /// Whether the version may be used so now: the key is enabled, the version's state allows it, and only the primary
    /// version protects.
    package func permits(_ use: KeyUse, version number: KeyVersionNumber) -> Bool {
        guard isEnabled, let version = version(number), version.state.permits(use) else { return false }
        return use == .process || number == primary
    }

    /// Where the version stands in `versions`.
    func position(of number: KeyVersionNumber) -> Int? {
        guard number.rawValue >= 1, number.rawValue <= versions.count else { return nil }
        let position = Int(number.rawValue) - 1
        return versions[position].number == number ? position : nil
    }
}
