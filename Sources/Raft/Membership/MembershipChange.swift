/// A change of who takes part in a group, as it is proposed and stands in the log.
package struct MembershipChange: Hashable, Sendable {
    /// How the group gets from the old to the new configuration.
    package enum Transition: UInt8, Hashable, Sendable {
        /// In one step when at most one voter changes, else through a joint configuration that is left automatically.
        case auto = 0
        /// Through a joint configuration that the leader leaves by itself.
        case jointImplicit = 1
        /// Through a joint configuration that stays until a change without content is proposed.
        case jointExplicit = 2
    }

    /// One step of a change.
    package struct Change: Hashable, Sendable {
        /// What happens to the replica.
        package enum Kind: UInt8, Hashable, Sendable {
            case addVoter = 0
            case removeReplica = 1
            /// Changes nothing for consensus; carries a context for the layer above.
            case updateReplica = 2
            case addLearner = 3
        }

        package var kind: Kind
        /// `none` makes the step one that does nothing.
        package var replica: ReplicaID

        package init(_ kind: Kind, _ replica: ReplicaID) {
            self.kind = kind
            self.replica = replica
        }
    }

    /// Which kind of entry carries the change.
    package enum Form: UInt8, Hashable, Sendable {
        /// One change without a transition (`EntryKind.configurationChange`).
        case single = 1
        /// Any change (`EntryKind.configurationChangeV2`).
        case joint = 2
    }

    package var form: Form
    package var transition: Transition
    package var changes: [Change]
    /// Opaque to consensus.
    package var context: [UInt8]

    package init(transition: Transition = .auto, changes: [Change] = [], context: [UInt8] = []) {
        form = .joint
        self.transition = transition
        self.changes = changes
        self.context = context
    }

    /// The older form: exactly one change, in one step.
    package init(single change: Change, context: [UInt8] = []) {
        form = .single
        transition = .auto
        changes = [change]
        self.context = context
    }

    /// The change that leaves a joint configuration.
    package static let leaveJoint = MembershipChange()

    package var entryKind: EntryKind { form == .single ? .configurationChange : .configurationChangeV2 }

    /// Whether this leaves a joint configuration.
    package var leavesJoint: Bool { transition == .auto && changes.isEmpty }

    /// Nil when the change is made in one step, else whether the joint configuration is left automatically.
    package var entersJointWithAutoLeave: Bool? {
        guard transition != .auto || changes.count > 1 else { return nil }
        return transition != .jointExplicit
    }
}
