// swift-format-ignore-file: NeverUseForceTry

// Fixed names: a test that cannot make them should stop at once.
import KeyModel
import Raft
import Simulation

/// The real state machine of a placement group, ready for keys of tenant `acme` in placement `eu`.
struct RealKeys {
    static let orders = try! KeyName(parsing: "eu/acme/orders")
    static let bills = try! KeyName(parsing: "eu/acme/bills")
    static let wrap = WrappedKeyMaterial(bytes: [1, 2, 3, 4], wrapping: .tenantKey(TenantKeyNumber(1)))

    private var table = InMemoryKeyTable()
    private(set) var index: UInt64 = 0

    init() {
        let regions = ["a", "b", "c"].map { Region(name: $0, cloud: "x", jurisdictions: ["EU"]) }
        let placement = Placement(name: try! PlacementName("eu"), version: 1, allowedJurisdictions: ["EU"])
        let holders = (1...3).map { node in
            Holder(
                replica: ReplicaNumber.make(node: node, incarnation: 1), node: "n\(node)",
                region: regions[Int(node) - 1].name, jurisdictions: ["EU"], sealingKey: [1])
        }
        apply(.initialize(placement: placement, regions: regions, holders: holders))
        apply(.beginEpoch(.first, keyCheckValue: [9]))
        for holder in holders { apply(.recordReceipt(.first, replica: holder.replica, digest: [7])) }
        apply(.activateEpoch(.first))
        let wrapped = WrappedKeyMaterial(bytes: [1], wrapping: .epoch(.first))
        apply(.putTenantKey(KeyCommand.PutTenantKey(tenant: Self.orders.tenant, number: .first, wrapped: wrapped)))
    }

    @discardableResult
    private mutating func apply(
        _ body: KeyCommand.Body, principal: String = "ann", idempotency: Idempotency? = nil
    ) -> CommandOutcome {
        index += 1
        let header = CommandHeader(proposedAt: 1_000, principal: principal, idempotency: idempotency)
        return KeyStateMachine.apply(KeyCommand(body, header: header), at: (1, index), to: &table)
    }

    /// As a client sees it: changes through the log, reads from the rows as `KeyService` reads them.
    mutating func perform(_ request: KeyRequest) -> KeyAnswer {
        let key = table.key(named: request.key)
        let body: KeyCommand.Body
        switch request.action {
        case .create(let id, let tags):
            body = .createKey(
                KeyCommand.CreateKey(id: id, name: request.key, algorithm: .aes256, wrapped: Self.wrap, tags: tags))
        case .rotate(let expected): body = .rotateKey(request.key, expected: expected, wrapped: Self.wrap)
        case .activate(let number): body = .activateVersion(request.key, number)
        case .disable: body = .disableKey(request.key)
        case .enable: body = .enableKey(request.key)
        case .setTags(let tags): body = .setTags(request.key, tags)
        case .describe: return key.map { .key(KeyFacts($0)) } ?? .refused(.keyNotFound)
        case .encrypt(let number):
            guard let key else { return .refused(.keyNotFound) }
            let number = number ?? key.primary
            return key.permits(.protect, version: number) ? .encrypted(key.id, number) : .refused(.invalidKeyState)
        case .decrypt(let number):
            guard let key, key.version(number) != nil else { return .refused(.ciphertextRejected) }
            return key.permits(.process, version: number) ? .decrypted : .refused(.invalidKeyState)
        }
        let outcome = apply(body, principal: request.principal, idempotency: request.idempotency)
        return KeyAnswer(outcome) ?? .refused(.internalError)
    }
}

/// Requests that meet each other: two keys, few generations, idempotency keys that come again.
struct KeyRequests {
    private var ids: UInt64 = 0
    /// Of a hundred changes, how many carry an idempotency key of a few.
    var repeated = 30
    var keys = [RealKeys.orders, RealKeys.bills]

    mutating func next(_ generator: inout Randomness) -> KeyRequest {
        let key = keys[generator.draw(below: keys.count)]
        let number = KeyVersionNumber(UInt32(generator.draw(below: 5)))
        ids += 1
        let action: KeyRequest.Action
        switch generator.draw(below: 20) {
        case 0, 1: action = .create(id: KeyID(high: 0, low: ids), tags: tags(&generator))
        case 2, 3, 4, 5: action = .rotate(expected: UInt64(generator.draw(below: 12)))
        case 6, 7, 8: action = .activate(number)
        case 9: action = .disable
        case 10, 11: action = .enable
        case 12, 13: action = .setTags(tags(&generator))
        case 14, 15, 16: action = .describe
        case 17, 18: action = .encrypt(generator.draw(below: 2) == 0 ? nil : number)
        default: action = .decrypt(number)
        }
        var request = KeyRequest(action, of: key, principal: ["ann", "bob"][generator.draw(below: 2)])
        guard !request.isReading, generator.draw(below: 100) < repeated else { return request }
        request.idempotency = Idempotency(
            key: [UInt8(generator.draw(below: 6))], requestDigest: [UInt8(generator.draw(below: 2)) + 1])
        return request
    }

    /// Some of them are refused: two of one name.
    private func tags(_ generator: inout Randomness) -> [KeyTag] {
        (0..<generator.draw(below: 3)).map { _ in
            KeyTag(key: ["a", "b"][generator.draw(below: 2)], value: ["x", "y"][generator.draw(below: 2)])
        }
    }
}

extension KeyRequest {
    static func orders(_ action: Action, request: UInt8? = nil, digest: UInt8 = 1) -> KeyRequest {
        KeyRequest(
            action, of: RealKeys.orders, principal: "ann",
            idempotency: request.map { Idempotency(key: [$0], requestDigest: [digest]) })
    }
}

extension KeyTag {
    static let x = KeyTag(key: "env", value: "x")
    static let y = KeyTag(key: "env", value: "y")
}

extension KeyFacts {
    /// As `create` makes it, and then changed.
    static func made(_ change: (inout KeyFacts) -> Void = { _ in }) -> KeyFacts {
        var facts = KeyFacts(
            id: KeyID(high: 0, low: 1), generation: 1, primary: .first, versions: [.active], tags: [], isEnabled: true)
        change(&facts)
        return facts
    }
}
