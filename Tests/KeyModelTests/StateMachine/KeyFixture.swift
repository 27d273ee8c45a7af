// swift-format-ignore-file: NeverUseForceTry

// Fixed names and numbers: a test that cannot make them should stop at once.
import KeyModel

/// A placement group to play commands on: three holders in three regions of the EU.
struct KeyFixture {
    static let regions = [
        Region(name: "eu-west", cloud: "aws", jurisdictions: ["EU"]),
        Region(name: "eu-central", cloud: "gcp", jurisdictions: ["EU"]),
        Region(name: "eu-north", cloud: "azure", jurisdictions: ["EU"]),
        Region(name: "us-east", cloud: "aws", jurisdictions: ["US"]),
    ]
    var table = InMemoryKeyTable()
    var index: UInt64 = 0
    var now: Int64 = 1_000

    static func placement(version: UInt64 = 1) -> Placement {
        Placement(name: try! PlacementName("eu"), version: version, allowedJurisdictions: ["EU"])
    }

    static func holder(_ node: UInt16, incarnation: UInt16 = 1, region: String? = nil, jurisdictions: [String] = ["EU"])
        -> Holder
    {
        Holder(
            replica: ReplicaNumber.make(node: node, incarnation: incarnation), node: "n\(node)",
            region: region ?? regions[Int(node - 1) % 3].name, jurisdictions: jurisdictions, sealingKey: [1, 2, 3])
    }

    static let initialize = KeyCommand.Body.initialize(
        placement: placement(), regions: regions, holders: [holder(1), holder(2), holder(3)])

    mutating func apply(
        _ body: KeyCommand.Body, principal: String = "spiffe://d/operator/ann", idempotency: Idempotency? = nil
    )
        -> CommandOutcome
    {
        index += 1
        let header = CommandHeader(proposedAt: now, principal: principal, idempotency: idempotency)
        return KeyStateMachine.apply(KeyCommand(body, header: header), at: (1, index), to: &table)
    }

    /// Initialized only.
    init(initialized: Bool = true) {
        if initialized { _ = apply(Self.initialize) }
    }

    /// With an active epoch 1, tenant `acme` with key 1, and the key `eu/acme/orders`.
    static func withKey() -> KeyFixture {
        var fixture = KeyFixture()
        fixture.activateEpoch(1)
        _ = fixture.apply(.putTenantKey(tenantKey(1, epoch: 1)))
        _ = fixture.apply(createKey())
        return fixture
    }

    mutating func activateEpoch(_ number: UInt32) {
        let epoch = EpochNumber(number)
        _ = apply(.beginEpoch(epoch, keyCheckValue: [9]))
        for node in 1...2 as ClosedRange<UInt16> {
            _ = apply(.recordReceipt(epoch, replica: ReplicaNumber.make(node: node, incarnation: 1), digest: [7]))
        }
        _ = apply(.activateEpoch(epoch))
    }

    static let orders = try! KeyName(parsing: "eu/acme/orders")

    static func wrap(_ tenantKey: UInt32 = 1) -> WrappedKeyMaterial {
        WrappedKeyMaterial(bytes: [1, 2, 3, 4], wrapping: .tenantKey(TenantKeyNumber(tenantKey)))
    }

    static func tenantKey(_ number: UInt32, epoch: UInt32, replacing: UInt32? = nil, check: [UInt8] = [5])
        -> KeyCommand.PutTenantKey
    {
        KeyCommand.PutTenantKey(
            tenant: try! TenantName("acme"), number: TenantKeyNumber(number),
            wrapped: WrappedKeyMaterial(bytes: [UInt8(epoch)], wrapping: .epoch(EpochNumber(epoch))), checkValue: check,
            replacing: replacing.map { EpochNumber($0) })
    }

    static func createKey(
        _ name: String = "eu/acme/orders", id: UInt64 = 1, wrapped: WrappedKeyMaterial = wrap(), tags: [KeyTag] = []
    ) -> KeyCommand.Body {
        .createKey(
            KeyCommand.CreateKey(
                id: KeyID(high: 0, low: id), name: try! KeyName(parsing: name), algorithm: .aes256, wrapped: wrapped,
                tags: tags))
    }
}

extension CommandOutcome {
    var code: KMSError.Code? { refusal?.code }
}
