import ClientAPI

/// A policy as commands show it.
struct PolicyRow: Encodable {
    let placement: String
    let name: String
    let generation: UInt64
    let changed: String
    let document: String

    init(_ policy: Claviger_V1_Policy) {
        placement = policy.placement
        name = policy.name
        generation = policy.generation
        changed = Timestamp.text(policy.changed)
        document = policy.document
    }

    static let columns: [Column<PolicyRow>] = [
        Column("placement") { $0.placement }, Column("policy") { $0.name },
        Column("generation") { "\($0.generation)" }, Column("changed") { $0.changed },
        Column("bytes") { "\($0.document.utf8.count)" },
    ]
}
