/// The life of one key version (NIST SP 800-57 part 1, section 7, with a reversible way to destruction).
package enum KeyState: Hashable, Sendable {
    /// Made, and on its way to every holder: protects nothing yet. It opens, because a holder may learn of the
    /// activation before another one does, and what it protects from then on must open everywhere.
    case preActive
    case active
    /// Taken out of use for a time.
    case suspended
    /// Opens what it protected; protects nothing new.
    case deactivated
    /// May be known to others. Opens only for a caller who says that he knows; that decision is not taken here.
    case compromised
    /// Unusable; destroyed at `deadline`, milliseconds since 1970, unless cancelled. Remembers whether it was
    /// compromised, so that cancelling does not whitewash it.
    case pendingDestruction(deadline: Int64, compromised: Bool)
    /// A tombstone. Nothing leads out of here.
    case destroyed

    /// Whether the state lets a version be used so. Key-level `isEnabled` comes on top.
    package func permits(_ use: KeyUse) -> Bool {
        switch (self, use) {
        case (.active, .protect), (.active, .process), (.preActive, .process), (.deactivated, .process): true
        case (.preActive, .protect), (.suspended, _), (.deactivated, .protect), (.compromised, _),
            (.pendingDestruction, _),
            (.destroyed, _):
            false
        }
    }

    /// The state after `transition` at `now` (milliseconds since 1970), or nil where the table has no such row.
    package func after(_ transition: KeyTransition, at now: Int64) -> KeyState? {
        switch (self, transition) {
        case (.preActive, .activate), (.suspended, .resume): .active
        case (.active, .suspend): .suspended
        case (.active, .deactivate), (.suspended, .deactivate): .deactivated
        case (.preActive, .compromise), (.active, .compromise), (.suspended, .compromise), (.deactivated, .compromise):
            .compromised
        case (.pendingDestruction(let deadline, false), .compromise):
            .pendingDestruction(deadline: deadline, compromised: true)
        // Only what is out of use may be destroyed (KMIP 2.1, section 4.57).
        case (.preActive, .scheduleDestruction(let deadline)), (.deactivated, .scheduleDestruction(let deadline)):
            deadline > now ? .pendingDestruction(deadline: deadline, compromised: false) : nil
        case (.compromised, .scheduleDestruction(let deadline)):
            deadline > now ? .pendingDestruction(deadline: deadline, compromised: true) : nil
        case (.pendingDestruction(let deadline, let compromised), .cancelDestruction):
            now < deadline ? (compromised ? .compromised : .deactivated) : nil
        case (.pendingDestruction(let deadline, _), .destroy):
            now >= deadline ? .destroyed : nil
        default: nil
        }
    }
}

/// The two ways to use a key (NIST SP 800-57 part 1, section 5.3.4).
package enum KeyUse: Hashable, Sendable, CaseIterable {
    /// Encrypt, wrap, sign.
    case protect
    /// Decrypt, unwrap, verify.
    case process
}

/// What may happen to a key version.
package enum KeyTransition: Hashable, Sendable {
    case activate, suspend, resume, deactivate, compromise
    /// Milliseconds since 1970.
    case scheduleDestruction(deadline: Int64)
    case cancelDestruction, destroy
}
