import Cluster
import KeyModel
import KeyReplication
import Raft

/// Commands of the key state machine, `key NODE VERB …`, and of the directory's, `directory NODE VERB …`.
extension ShardCall {
    /// Regions of every scenario: two within the European Union, one outside.
    private static let regions = [
        Region(name: "eu-north", cloud: "one", jurisdictions: ["EU", "SE"]),
        Region(name: "eu-west", cloud: "two", jurisdictions: ["EU", "IE"]),
        Region(name: "us-east", cloud: "one", jurisdictions: ["US"]),
    ]

    func proposeKeyCommand() throws(ScenarioError) {
        let node = try firstNode()
        let verb = plain.dropFirst().first ?? ""
        let body = try explained { try keyCommand(verb) }
        var header = try header()
        if let token = value(of: "token") {
            header.idempotency = Idempotency(
                key: Array(token.utf8), requestDigest: Array((value(of: "request") ?? "request").utf8))
        }
        let payload = KeyCommandCodec.encode(KeyCommand(body, header: header))
        try propose(payload, named: value(of: "as") ?? verb, to: node)
    }

    /// What names and numbers of a scenario are refused with becomes what it prints.
    private func explained<Value>(_ body: () throws -> Value) throws(ScenarioError) -> Value {
        do {
            return try body()
        } catch let error as ScenarioError {
            throw error
        } catch {
            throw ScenarioError("\(error)")
        }
    }

    /// `at=MS` is the proposer's clock, `by=NAME` the caller.
    private func header() throws(ScenarioError) -> CommandHeader {
        CommandHeader(
            proposedAt: Int64(try number(of: "at", or: 1_000)),
            principal: "spiffe://example/operator/\(value(of: "by") ?? "ann")")
    }

    private func keyCommand(_ verb: String) throws -> KeyCommand.Body {
        switch verb {
        case "initialize":
            return .initialize(placement: try placement(), regions: Self.regions, holders: try holders())
        case "admit":
            guard let holder = try holders().first else { throw ScenarioError("a holder is missing") }
            return .admitHolder(holder)
        case "dismiss": return .removeHolder(replica: try replica(value(of: "holder") ?? "").rawValue)
        case "place": return .updatePlacement(try placement(), regions: Self.regions)
        case "epoch", "receipt", "activate-epoch", "retire-epoch", "tenant": return try epochCommand(verb)
        case "create-key":
            return .createKey(
                KeyCommand.CreateKey(
                    id: KeyID(high: 0, low: try number(of: "id", or: 1)), name: try keyName(), algorithm: .aes256,
                    wrapped: Self.wrap(.tenantKey(.first))))
        case "rotate":
            return .rotateKey(
                try keyName(), expected: try number(of: "expected", or: 1), wrapped: Self.wrap(.tenantKey(.first)))
        case "activate":
            return .activateVersion(
                try keyName(), KeyVersionNumber(UInt32(clamping: try number(of: "version", or: 2))))
        case "disable": return .disableKey(try keyName())
        case "enable": return .enableKey(try keyName())
        case "level": return .raiseFeatureLevel(UInt32(clamping: try number(of: "to", or: 1)))
        default: throw ScenarioError("unknown verb \(verb)")
        }
    }

    private func epochCommand(_ verb: String) throws -> KeyCommand.Body {
        let epoch = EpochNumber(UInt32(clamping: try number(of: "number", or: 1)))
        switch verb {
        case "epoch": return .beginEpoch(epoch, keyCheckValue: [9])
        case "receipt":
            return .recordReceipt(epoch, replica: try replica(value(of: "holder") ?? "").rawValue, digest: [1])
        case "activate-epoch": return .activateEpoch(epoch)
        case "retire-epoch": return .retireEpoch(epoch)
        default:
            return .putTenantKey(
                KeyCommand.PutTenantKey(
                    tenant: try TenantName(value(of: "name") ?? ""), number: .first, wrapped: Self.wrap(.epoch(epoch)),
                    checkValue: [5]))
        }
    }

    private func keyName() throws -> KeyName { try KeyName(parsing: value(of: "name") ?? "") }

    private static func wrap(_ wrapping: WrappedKeyMaterial.Wrapping) -> WrappedKeyMaterial {
        WrappedKeyMaterial(bytes: [1, 2, 3, 4], wrapping: wrapping)
    }

    /// `placement=NAME [version=N] allowed=(EU, …) [replicas=N]`
    private func placement() throws -> Placement {
        Placement(
            name: try PlacementName(value(of: "placement") ?? "eu"), version: try number(of: "version", or: 1),
            allowedJurisdictions: directive.values(of: "allowed"), replicas: Int(try number(of: "replicas", or: 3)),
            survive: .node)
    }

    /// `holders=(1:eu-north, 4:us-east:EU)`: a node's replica, its region, and what jurisdictions it claims where they
    /// are not the region's own.
    private func holders() throws(ScenarioError) -> [Holder] {
        try directive.values(of: "holders").map { text throws(ScenarioError) in
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count == 2 || parts.count == 3 else { throw ScenarioError("a holder is NODE:REGION") }
            let known = Self.regions.first { $0.name == parts[1] }?.jurisdictions ?? []
            let replica = try replica(parts[0])
            return Holder(
                replica: replica.rawValue, node: "n\(replica.rawValue >> 16)", region: parts[1],
                jurisdictions: parts.count == 3 ? parts[2].split(separator: "+").map(String.init) : known,
                sealingKey: [1])
        }
    }

    // MARK: The directory

    func proposeDirectoryCommand() throws(ScenarioError) {
        let node = try firstNode()
        let verb = plain.dropFirst().first ?? ""
        let body = try explained { try directoryCommand(verb) }
        let payload = DirectoryCommandCodec.encode(DirectoryCommand(body, header: try header()))
        try propose(payload, named: value(of: "as") ?? verb, to: node)
    }

    private func directoryCommand(_ verb: String) throws -> DirectoryCommand.Body {
        switch verb {
        case "bootstrap":
            return .bootstrap(
                cluster: Array(repeating: 1, count: 16), regions: Self.regions, nodes: try directoryNodes(),
                operators: ["spiffe://example/operator/*"])
        case "register", "renew":
            guard let node = try directoryNodes().first else { throw ScenarioError("a node is missing") }
            return verb == "register" ? .registerNode(node) : .renewNode(node)
        case "placement": return .putPlacement(try placement())
        case "group", "replicas":
            let id = try number(of: "id", or: 2)
            let replicas = try directive.values(of: "on").map { text throws(ScenarioError) in try replica(text).rawValue
            }
            if verb == "replicas" { return .setGroupReplicas(id: id, replicas: replicas) }
            let name = try PlacementName(value(of: "placement") ?? "eu")
            return .putGroup(DirectoryGroup(id: id, placement: name, replicas: replicas))
        case "retire": return .removeNode(number: UInt16(clamping: try number(of: "number", or: 0)))
        default: throw ScenarioError("unknown verb \(verb)")
        }
    }

    /// `members=(1:eu-north, 4.2:us-east)`: nodes by number and incarnation, with their regions.
    private func directoryNodes() throws(ScenarioError) -> [DirectoryNode] {
        try directive.values(of: "members").map { text throws(ScenarioError) in
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count == 2 else { throw ScenarioError("a member is NODE:REGION") }
            let replica = try replica(parts[0])
            let number = UInt16(truncatingIfNeeded: replica.rawValue >> 16)
            let incarnation = UInt16(truncatingIfNeeded: replica.rawValue)
            return DirectoryNode(
                name: "n\(number)", number: number, incarnation: incarnation, region: parts[1],
                storeID: Array(repeating: UInt8(truncatingIfNeeded: number << 4 | incarnation), count: 16),
                sealingKey: [1], peerEndpoint: "n\(number):1", apiEndpoint: "n\(number):2")
        }
    }
}
