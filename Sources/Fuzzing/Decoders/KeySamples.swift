import KeyModel

/// Values of the key model, one of every form that stands in logs and tables.
struct KeySamples {
    let name: KeyName
    let key: Key
    let policy: Policy
    let tenant: Tenant
    let epoch: Epoch
    let placement: Placement

    static let regions = ["eu-west", "eu-central", "eu-north"].map {
        Region(name: $0, cloud: "aws", jurisdictions: ["EU"])
    }

    init() throws {
        name = try KeyName(parsing: "eu/acme/orders")
        let inTenant = Self.wrapped(.tenantKey(.first))
        let versions = [
            KeyVersion(number: .first, state: .active, wrapped: inTenant, createdAt: 1_000, activatedAt: 1_001),
            KeyVersion(
                number: KeyVersionNumber(2), state: .pendingDestruction(deadline: 9_000, compromised: true),
                wrapped: inTenant, createdAt: 2_000),
            KeyVersion(number: KeyVersionNumber(3), state: .destroyed, wrapped: nil, createdAt: 3_000),
        ]
        key = Key(
            id: KeyID(high: 1, low: 2), name: name, algorithm: .aes256, createdAt: 1_000, generation: 4,
            versions: versions, tags: [KeyTag(key: "team", value: "platform")])
        policy = Policy(
            name: "orders", version: 2,
            statements: [
                PolicyStatement(
                    id: "use", effect: .allow,
                    principals: [try PrincipalPattern(parsing: "spiffe://claviger.local/workload/*")],
                    actions: [.group(.use), .action(.tagKey)],
                    keys: KeySelector(
                        placement: name.placement, tenant: name.tenant, name: try NamePattern(parsing: "o*"),
                        tags: [KeyTag(key: "team", value: "platform")]),
                    conditions: [
                        ContextCondition(key: "k", test: .present), ContextCondition(key: "k", test: .equals("v")),
                        ContextCondition(key: "k", test: .prefix("")),
                    ])
            ], document: "# who may\n")
        tenant = Tenant(
            name: name.tenant,
            keys: [
                TenantKey(
                    number: .first, wrapped: Self.wrapped(.epoch(.first)), checkValue: ConsensusSamples.hash,
                    createdAt: 900)
            ])
        epoch = Epoch(
            number: .first, state: .active, keyCheckValue: ConsensusSamples.hash,
            receipts: [EpochReceipt(replica: 65537, region: "eu-west", digest: [1])], tenantKeys: 1, createdAt: 800,
            activatedAt: 850)
        placement = Placement(
            name: name.placement, allowedJurisdictions: ["EU"], leaderPreference: ["eu-west"], maxStaleness: 30_000)
    }

    static func wrapped(_ wrapping: WrappedKeyMaterial.Wrapping) -> WrappedKeyMaterial {
        WrappedKeyMaterial(bytes: [1, 2, 3, 4], wrapping: wrapping)
    }

    private static func holder(_ node: UInt16) -> Holder {
        Holder(
            replica: UInt64(node) << 16 | 1, node: "n\(node)", region: regions[Int(node - 1) % 3].name,
            jurisdictions: ["EU"], sealingKey: [1])
    }

    /// One of every kind, in an order in which they are accepted.
    var commands: [KeyCommand] {
        let create = KeyCommand.CreateKey(
            id: KeyID(high: 0, low: 1), name: name, algorithm: .aes256, wrapped: Self.wrapped(.tenantKey(.first)),
            tags: [KeyTag(key: "a", value: "1")])
        let next = Placement(name: name.placement, version: 2, allowedJurisdictions: ["EU"], maxStaleness: 5_000)
        let bodies: [KeyCommand.Body] = [
            .initialize(placement: placement, regions: Self.regions, holders: [1, 2, 3].map(Self.holder)),
            .admitHolder(Self.holder(4)), .beginEpoch(.first, keyCheckValue: [9]),
            .recordReceipt(.first, replica: 1 << 16 | 1, digest: [1]),
            .recordReceipt(.first, replica: 2 << 16 | 1, digest: [1]),
            .recordReceipt(.first, replica: 3 << 16 | 1, digest: [1]), .activateEpoch(.first),
            .putTenantKey(
                KeyCommand.PutTenantKey(
                    tenant: name.tenant, number: .first, wrapped: Self.wrapped(.epoch(.first)), checkValue: [5])),
            .createKey(create), .rotateKey(name, expected: 1, wrapped: Self.wrapped(.tenantKey(.first))),
            .activateVersion(name, KeyVersionNumber(2)), .disableKey(name), .enableKey(name),
            .setTags(name, [KeyTag(key: "x", value: "")]), .putPolicy(policy), .deletePolicy(name: "gone"),
            .beginEpoch(EpochNumber(2), keyCheckValue: [9]), .retireEpoch(EpochNumber(2)),
            .updatePlacement(next, regions: Self.regions), .removeHolder(replica: 4 << 16 | 1), .raiseFeatureLevel(1),
        ]
        return bodies.enumerated().map { position, body in
            KeyCommand(
                body,
                header: CommandHeader(
                    proposedAt: 1_000 + Int64(position), principal: "spiffe://claviger.local/operator/ann",
                    idempotency: position % 2 == 0 ? Self.token(position) : nil))
        }
    }

    private static func token(_ position: Int) -> Idempotency {
        Idempotency(key: [UInt8(truncatingIfNeeded: position)], requestDigest: ConsensusSamples.hash)
    }

    /// One of every kind, in an order in which they are accepted.
    var directoryCommands: [DirectoryCommand] {
        let nodes = (1...3).map { number in
            DirectoryNode(
                name: "n\(number)", number: UInt16(number), incarnation: 1, region: Self.regions[number - 1].name,
                storeID: ConsensusSamples.hash, sealingKey: [1], peerEndpoint: "a:1", apiEndpoint: "a:2")
        }
        var renewed = nodes[0]
        renewed.incarnation = 2
        let bodies: [DirectoryCommand.Body] = [
            .bootstrap(
                cluster: ConsensusSamples.hash, regions: Self.regions, nodes: nodes,
                operators: ["spiffe://claviger.local/operator/*"]),
            .putRegion(Region(name: "us-east", cloud: "gcp", jurisdictions: ["US"])), .putPlacement(placement),
            .putGroup(DirectoryGroup(id: 2, placement: name.placement, replicas: [65537, 131_073, 196_609])),
            .setGroupReplicas(id: 2, replicas: [131_073, 196_609]), .renewNode(renewed),
            .registerNode(
                DirectoryNode(
                    name: "n9", number: 9, incarnation: 1, region: "us-east", storeID: ConsensusSamples.hash,
                    sealingKey: [], peerEndpoint: "b:1", apiEndpoint: "b:2")),
            .removeNode(number: 9),
        ]
        return bodies.map { DirectoryCommand($0, header: CommandHeader(proposedAt: 5, principal: "x")) }
    }
}
