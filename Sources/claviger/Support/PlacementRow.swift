import ClientAPI

/// A placement as commands show it.
struct PlacementRow: Encodable {
    let name: String
    let jurisdictions: [String]
    let replicas: UInt32
    let holders: [String]
    let leader: String
    let preferredRegion: String
    let group: UInt64
    let maximumStalenessMilliseconds: UInt64

    init(_ placement: Claviger_V1_Placement, _ survey: FederationSurvey) {
        name = placement.name
        jurisdictions = placement.jurisdictions
        replicas = placement.replicas
        holders = placement.holders
        leader = survey.leader(of: placement)
        preferredRegion = placement.preferredRegion
        group = placement.group
        maximumStalenessMilliseconds = placement.maximumStalenessMilliseconds
    }

    static let columns: [Column<PlacementRow>] = [
        Column("placement") { $0.name }, Column("jurisdictions") { $0.jurisdictions.joined(separator: ",") },
        Column("replicas") { "\($0.replicas)" }, Column("holders") { $0.holders.joined(separator: ",") },
        Column("leader") { $0.leader.isEmpty ? "-" : $0.leader }, Column("group") { "\($0.group)" },
        Column("staleness") { "\($0.maximumStalenessMilliseconds) ms" },
    ]
}
