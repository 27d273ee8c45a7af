import KeyModel
import Testing

@Suite struct EpochTests {
    func receipt(_ epoch: UInt32, _ node: UInt16) -> KeyCommand.Body {
        .recordReceipt(
            EpochNumber(epoch), replica: ReplicaNumber.make(node: node, incarnation: 1), digest: [UInt8(node)])
    }

    @Test("An epoch is active only after receipts from a majority of holders")
    func majority() {
        var fixture = KeyFixture()
        _ = fixture.apply(.beginEpoch(.first, keyCheckValue: [9]))
        #expect(fixture.apply(.activateEpoch(.first)).code == .invalidKeyState)
        _ = fixture.apply(receipt(1, 1))
        _ = fixture.apply(receipt(1, 1))
        #expect(fixture.apply(.activateEpoch(.first)).code == .invalidKeyState)
        _ = fixture.apply(receipt(1, 2))
        guard case .epoch(let epoch) = fixture.apply(.activateEpoch(.first)) else {
            Issue.record("not activated")
            return
        }
        #expect(epoch.state == .active && epoch.receipts.map(\.region) == ["eu-west", "eu-central"])
        #expect(fixture.table.epochLedger() == EpochLedger(last: .first, current: .first))
    }

    @Test("Receipts of removed holders do not count")
    func removedHolders() {
        var fixture = KeyFixture()
        _ = fixture.apply(.beginEpoch(.first, keyCheckValue: [9]))
        _ = fixture.apply(receipt(1, 1))
        _ = fixture.apply(receipt(1, 2))
        _ = fixture.apply(.removeHolder(replica: 2 << 16 | 1))
        #expect(fixture.apply(.activateEpoch(.first)).code == .invalidKeyState)
    }

    @Test("A majority in one region is not enough")
    func oneRegion() {
        var fixture = KeyFixture(initialized: false)
        let holders = [KeyFixture.holder(1), KeyFixture.holder(2, region: "eu-west"), KeyFixture.holder(3)]
        _ = fixture.apply(.initialize(placement: KeyFixture.placement(), regions: KeyFixture.regions, holders: holders))
        _ = fixture.apply(.beginEpoch(.first, keyCheckValue: [9]))
        _ = fixture.apply(receipt(1, 1))
        _ = fixture.apply(receipt(1, 2))
        #expect(
            fixture.apply(.activateEpoch(.first))
                == .rejected(.invalidKeyState, "epoch 1 has receipts from fewer than two regions"))
        _ = fixture.apply(receipt(1, 3))
        #expect(fixture.apply(.activateEpoch(.first)).code == nil)
    }

    @Test("An old epoch goes only when no tenant key needs it")
    func retirement() {
        var fixture = KeyFixture.withKey()
        fixture.activateEpoch(2)
        #expect(fixture.apply(.retireEpoch(.first)).code == .invalidKeyState)
        #expect(
            fixture.apply(.putTenantKey(KeyFixture.tenantKey(1, epoch: 2, replacing: 1, check: [6]))).code
                == .corruption)
        #expect(fixture.apply(.putTenantKey(KeyFixture.tenantKey(1, epoch: 2, replacing: 1))) == .accepted)
        #expect(
            fixture.apply(.putTenantKey(KeyFixture.tenantKey(1, epoch: 2, replacing: 1))).code == .generationConflict)
        #expect(fixture.table.epoch(.first)?.tenantKeys == 0)
        #expect(fixture.table.epoch(EpochNumber(2))?.tenantKeys == 1)
        guard case .epoch(let retired) = fixture.apply(.retireEpoch(.first)) else {
            Issue.record("not retired")
            return
        }
        #expect(retired.state == .retired)
        #expect(fixture.apply(receipt(1, 3)).code == .invalidKeyState)
        #expect(fixture.apply(.activateEpoch(.first)).code == .invalidKeyState)
    }

    @Test("A new tenant key that lost a race against a new epoch does not overwrite the one that won")
    func raceForTenantKey() {
        var fixture = KeyFixture.withKey()
        let before = fixture.table.tenant(KeyFixture.orders.tenant)
        fixture.activateEpoch(2)
        #expect(fixture.apply(.putTenantKey(KeyFixture.tenantKey(1, epoch: 2, check: [8]))).code == .alreadyExists)
        #expect(fixture.table.tenant(KeyFixture.orders.tenant) == before)
    }

    @Test("Only one epoch is pending; one whose key was lost can be retired and the next begun")
    func pending() {
        var fixture = KeyFixture()
        guard case .epoch(let first) = fixture.apply(.beginEpoch(.first, keyCheckValue: [9])) else {
            Issue.record("not begun")
            return
        }
        #expect(fixture.apply(.beginEpoch(.first, keyCheckValue: [9])) == .epoch(first))
        #expect(fixture.apply(.beginEpoch(.first, keyCheckValue: [8])).code == .generationConflict)
        #expect(fixture.apply(.beginEpoch(EpochNumber(2), keyCheckValue: [9])).code == .generationConflict)
        #expect(fixture.apply(.retireEpoch(.first)).code == nil)
        #expect(fixture.apply(.beginEpoch(EpochNumber(2), keyCheckValue: [9])).code == nil)
    }
}
