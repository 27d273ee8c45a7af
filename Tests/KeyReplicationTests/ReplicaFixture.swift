// swift-format-ignore-file: NeverUseForceTry

// Fixed names and numbers: a test that cannot make them should stop at once.
import Cluster
import KeyModel
import KeyReplication
import Raft
import Storage
import Testing

/// Rows in a sorted array, as a store would show them.
final class MemoryTable: TableReader {
    private(set) var rows: [TableRow] = []

    func value(for key: [UInt8]) throws(StorageError) -> [UInt8]? { rows.first { $0.key == key }?.value }

    func rows(withPrefix prefix: [UInt8], after: [UInt8]?, limit: Int) throws(StorageError) -> [TableRow] {
        let found = rows.filter { row in
            row.key.starts(with: prefix) && after.map { $0.lexicographicallyPrecedes(row.key) } ?? true
        }
        return Array(found.prefix(limit))
    }

    /// Holds the writer to what it said of the rows before.
    func take(_ changes: TableChanges) {
        for write in changes.writes {
            let old = rows.first { $0.key == write.key }?.value
            switch write.before {
            case .unread: break
            case .absent: #expect(old == nil)
            case .value(let value): #expect(old == value)
            }
            rows.removeAll { $0.key == write.key }
            if let value = write.value { rows.append(TableRow(key: write.key, value: value)) }
        }
        rows.sort { $0.key.lexicographicallyPrecedes($1.key) }
    }
}

/// One replica of a placement group, driven by hand.
final class ReplicaFixture {
    let table = MemoryTable()
    let replica = KeyReplica()
    var index: UInt64 = 0
    static let name = try! KeyName(parsing: "eu/acme/orders")
    static let regions = ["eu-west", "eu-central", "eu-north"].map {
        Region(name: $0, cloud: "aws", jurisdictions: ["EU"])
    }

    static func holder(_ node: UInt16) -> Holder {
        Holder(
            replica: ReplicaNumber.make(node: node, incarnation: 1), node: "n\(node)",
            region: regions[Int(node - 1) % 3].name,
            jurisdictions: ["EU"], sealingKey: [1])
    }

    static func command(_ body: KeyCommand.Body, idempotency: Idempotency? = nil) -> KeyCommand {
        KeyCommand(
            body,
            header: CommandHeader(proposedAt: 1_000, principal: "spiffe://d/operator/ann", idempotency: idempotency))
    }

    static func wrap(_ wrapping: WrappedKeyMaterial.Wrapping) -> WrappedKeyMaterial {
        WrappedKeyMaterial(bytes: [1, 2, 3, 4], wrapping: wrapping)
    }

    static func create(_ text: String, id: UInt64) -> KeyCommand.Body {
        .createKey(
            KeyCommand.CreateKey(
                id: KeyID(high: 0, low: id), name: try! KeyName(parsing: text), algorithm: .aes256,
                wrapped: wrap(.tenantKey(.first)),
                tags: [KeyTag(key: "a", value: "1")]))
    }

    static let policy = Policy(
        name: "p",
        statements: [
            PolicyStatement(
                id: "s", effect: .allow, principals: [try! PrincipalPattern(parsing: "spiffe://d/workload/*")],
                actions: [.group(.use), .action(.tagKey)],
                keys: KeySelector(
                    placement: name.placement, tenant: name.tenant, name: try! NamePattern(parsing: "o*"),
                    tags: [KeyTag(key: "a", value: "1")]),
                conditions: [
                    ContextCondition(key: "k", test: .present), ContextCondition(key: "k", test: .equals("v")),
                    ContextCondition(key: "k", test: .prefix("")),
                ])
        ], document: "# who may\n")

    /// One of every kind, in an order in which they are accepted.
    static let bodies: [KeyCommand.Body] = [
        .initialize(
            placement: Placement(name: name.placement, allowedJurisdictions: ["EU"]), regions: regions,
            holders: [holder(1), holder(2), holder(3)]),
        .admitHolder(holder(4)), .beginEpoch(.first, keyCheckValue: [9]),
        .recordReceipt(.first, replica: 1 << 16 | 1, digest: [1]),
        .recordReceipt(.first, replica: 2 << 16 | 1, digest: [1]),
        .recordReceipt(.first, replica: 3 << 16 | 1, digest: [1]), .activateEpoch(.first),
        .putTenantKey(
            KeyCommand.PutTenantKey(tenant: name.tenant, number: .first, wrapped: wrap(.epoch(.first)), checkValue: [5])
        ),
        create("eu/acme/orders", id: 1), .rotateKey(name, expected: 1, wrapped: wrap(.tenantKey(.first))),
        .activateVersion(name, KeyVersionNumber(2)), .disableKey(name), .enableKey(name),
        .setTags(name, [KeyTag(key: "x", value: "")]),
        .putPolicy(policy), .beginEpoch(EpochNumber(2), keyCheckValue: [9]), .retireEpoch(EpochNumber(2)),
        .updatePlacement(
            Placement(name: name.placement, version: 2, allowedJurisdictions: ["EU"], maxStaleness: 5_000),
            regions: regions),
        .removeHolder(replica: 4 << 16 | 1), .raiseFeatureLevel(1),
    ]

    var position: LogPosition { LogPosition(term: Term(1), index: LogIndex(index)) }

    func apply(payload: [UInt8]) -> ApplyResult { apply(payloads: [payload])[0] }

    /// One commit for all.
    func apply(payloads: [[UInt8]]) -> [ApplyResult] {
        var transaction = TableTransaction(table)
        let results = payloads.map { payload in
            index += 1
            return replica.apply(payload, at: position, to: &transaction)
        }
        table.take(transaction.changes)
        replica.didCommit(transaction.changes, at: position)
        return results
    }

    @discardableResult
    func apply(_ body: KeyCommand.Body, idempotency: Idempotency? = nil) throws -> CommandOutcome {
        switch apply(payload: KeyCommandCodec.encode(Self.command(body, idempotency: idempotency))) {
        case .outcome(let outcome as CommandOutcome): outcome
        case .outcome(let other): throw CodecError("an outcome of another kind: \(type(of: other))")
        case .halt(let reason): throw CodecError(reason)
        }
    }

    func applyAll() throws { for body in Self.bodies { try apply(body) } }
}
