/// Which keys a statement speaks of. What is nil is not asked; what is given must be met.
package struct KeySelector: Hashable, Sendable {
    /// Most tags that one selector asks for.
    package static let mostTags = 16

    package var placement: PlacementName?
    package var tenant: TenantName?
    package var name: NamePattern?
    /// All of them must be on the key, with these values.
    package var tags: [KeyTag]

    package init(
        placement: PlacementName? = nil, tenant: TenantName? = nil, name: NamePattern? = nil, tags: [KeyTag] = []
    ) {
        self.placement = placement
        self.tenant = tenant
        self.name = name
        self.tags = tags
    }

    /// Every key, and also requests that are about no key.
    package static let any = KeySelector()

    /// Whether the selector speaks of the target. A demand about something that the target lacks is not met.
    package func matches(_ target: AccessTarget) -> Bool {
        if let placement, placement != target.placement { return false }
        if let tenant, tenant != target.tenant { return false }
        if let name {
            guard let key = target.key, name.matches(key) else { return false }
        }
        return tags.allSatisfy { wanted in
            target.tags.contains { NameRules.same($0.key, wanted.key) && NameRules.same($0.value, wanted.value) }
        }
    }
}

/// What is asked about: a key, a part of the name tree (for lists), or nothing (for the cluster).
package struct AccessTarget: Hashable, Sendable {
    package var placement: PlacementName?
    package var tenant: TenantName?
    /// The third part of the key's name.
    package var key: String?
    package var tags: [KeyTag]

    package init(placement: PlacementName? = nil, tenant: TenantName? = nil, key: String? = nil, tags: [KeyTag] = []) {
        self.placement = placement
        self.tenant = tenant
        self.key = key
        self.tags = tags
    }

    /// A key by its name, with the tags it has (or is to get).
    package init(_ name: KeyName, tags: [KeyTag]) {
        self.init(placement: name.placement, tenant: name.tenant, key: name.key, tags: tags)
    }

    package static let cluster = AccessTarget()
}
