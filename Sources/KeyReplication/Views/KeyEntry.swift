package import KeyModel
package import Raft

/// One key as of one commit: immutable, shared by all who look it up.
package final class KeyEntry: Sendable {
    package let key: Key
    /// What policies are asked about.
    package let target: AccessTarget

    package init(_ key: Key) {
        self.key = key
        target = AccessTarget(key.name, tags: key.tags)
    }
}

/// Everything that one request needs, as of one commit.
package struct KeySnapshot: Sendable {
    package let entry: KeyEntry
    /// Nil only in a damaged table.
    package let tenant: Tenant?
    package let policies: CompiledPolicies
    package let placement: PlacementRecord
    /// The commit it is from.
    package let position: LogPosition
}
