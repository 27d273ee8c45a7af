import ClientAPI

/// A key as commands show it.
struct KeyRow: Encodable {
    struct VersionRow: Encodable {
        let version: UInt32
        let state: String
        let created: String
        let activated: String
        let destroyAfter: String
    }

    let name: String
    let id: String
    let state: String
    let enabled: Bool
    let generation: UInt64
    let primaryVersion: UInt32
    let algorithm: String
    let created: String
    let tags: [String: String]
    let versions: [VersionRow]

    init(_ key: Claviger_V1_Key) {
        name = key.name
        id = HexText.encode(key.id)
        state = Self.text(key.state)
        enabled = key.enabled
        generation = key.generation
        primaryVersion = key.primaryVersion
        algorithm = key.algorithm
        created = Timestamp.text(key.created)
        tags = key.tags
        versions = key.versions.map {
            VersionRow(
                version: $0.number, state: Self.text($0.state), created: Timestamp.text($0.created),
                activated: Timestamp.text($0.activated), destroyAfter: Timestamp.text($0.destroyAfter))
        }
    }

    private static func text(_ state: Claviger_V1_KeyState) -> String {
        switch state {
        case .pending: "pending"
        case .active: "active"
        case .disabled: "disabled"
        case .pendingDestruction: "pending destruction"
        case .destroyed: "destroyed"
        case .deactivated: "deactivated"
        case .unspecified, .UNRECOGNIZED: "unknown"
        }
    }

    private var tagText: String {
        tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    static let columns: [Column<KeyRow>] = [
        Column("key") { $0.name }, Column("state") { $0.state }, Column("enabled") { $0.enabled ? "yes" : "no" },
        Column("version") { "\($0.primaryVersion)" }, Column("generation") { "\($0.generation)" },
        Column("algorithm") { $0.algorithm }, Column("created") { $0.created }, Column("tags") { $0.tagText },
    ]

    private static let versionColumns: [Column<VersionRow>] = [
        Column("version") { "\($0.version)" }, Column("state") { $0.state }, Column("created") { $0.created },
        Column("activated") { $0.activated }, Column("destroyed after") { $0.destroyAfter },
    ]

    /// All there is to say of one key.
    var details: String {
        [
            "key         \(name)", "id          \(id)", "state       \(state)", "enabled     \(enabled ? "yes" : "no")",
            "generation  \(generation)", "algorithm   \(algorithm)", "created     \(created)",
            "tags        \(tags.isEmpty ? "-" : tagText)", "", Output.table(Self.versionColumns, of: versions),
        ].joined(separator: "\n")
    }
}

/// Bytes as lower-case hexadecimal digits.
enum HexText {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
