import Raft

extension MembershipRefusal {
    /// For whoever proposed the change.
    var text: String {
        switch self {
        case .pending: "another change of members is not applied yet"
        case .joint: "the group is between two sets of members, and that has to end first"
        case .notJoint: "the group is not between two sets of members"
        }
    }
}
