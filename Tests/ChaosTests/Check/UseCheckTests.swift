import Chaos
import KeyModel
import Testing

@Suite("Use of keys that were disabled, replaced or out of reach") struct UseCheckTests {
    private func crypto(_ loads: [Load.Kind] = [.crypto, .revocation]) -> HistoryBuilder {
        var history = HistoryBuilder(loads)
        history.key = "eu/chaos/revoked"
        return history
    }

    // MARK: - Revocation

    @Test func aDisabledKeyIsServedNoLongerThanTheBound() {
        func kinds(_ from: Double) -> [Finding.Kind] {
            var history = crypto()
            history.disabled(1, 1.1)
            history.encrypted(from, from + 0.1)
            return Judgement(of: history.record, staleness: ["eu": .seconds(5)]).findings.map(\.kind)
        }
        #expect(kinds(6).isEmpty)
        #expect(kinds(6.2) == [.servedAfterRevocation])
    }

    @Test func decryptingIsUseToo() {
        var history = crypto()
        history.disabled(1, 1.1)
        history.call(.crypto, .decrypt(of: 0), 62, 62.1, .done(.decrypted(isRight: true)), node: "n1")
        #expect(history.kinds == [.servedAfterRevocation])
        #expect(history.judgement.findings.first?.calls == [0, 1])
    }

    @Test func whatOverlapsTheNextEnablingMayBeServed() {
        var history = crypto()
        history.disabled(1, 1.1)
        history.encrypted(69, 70.1)
        history.enabled(70, 70.5)
        history.encrypted(80, 80.1)
        #expect(history.kinds.isEmpty)
    }

    @Test func anEnablingThatIsUnknownLeavesNothingToSay() {
        var history = crypto()
        history.call(.revocation, .enable, 0, 10, .unknown(code: "outcomeUnknown"))
        history.disabled(11, 11.1)
        history.encrypted(80, 80.1)
        #expect(history.kinds.isEmpty)
        #expect(history.figure(.revocationLag) == nil)
        // So long after it, it is over.
        history.disabled(90, 90.1)
        history.encrypted(160, 160.1)
        #expect(history.kinds == [.servedAfterRevocation])
    }

    @Test func anEnablingThatWasRefusedIsNone() {
        var history = crypto()
        history.disabled(1, 1.1)
        history.call(.revocation, .enable, 2, 3, .refused(code: "noLeader"))
        history.encrypted(62, 62.1)
        #expect(history.kinds == [.servedAfterRevocation])
    }

    @Test func theLagEndsWithTheLastCallThatIsServed() {
        var history = crypto()
        history.disabled(1, 1.1)
        history.encrypted(1.2, 1.3)
        history.encrypted(1.35, 1.4)
        history.call(.revocation, .encrypt, 1.5, 1.6, .refused(code: "invalidKeyState"), node: "n1")
        #expect(history.figure(.revocationLag) == 0.25)
        #expect(history.kinds.isEmpty)
    }

    @Test func nodesWithoutAQuorumOrStoppedHaveNoLag() {
        var history = crypto()
        history.disabled(1, 1.1)
        history.encrypted(1.2, 1.3, node: "n1")
        history.encrypted(9, 9.1, node: "n2")
        history.encrypted(10, 10.1, node: "n3")
        history.isolate("n2", 0, 9.05)
        history.event(0.5, .fault, "pause n3", nodes: ["n3"])
        history.event(9.5, .undone, "resume n3", nodes: ["n3"])
        #expect(history.figure(.revocationLag) == HistoryBuilder.seconds(0.1))
    }

    @Test func theLagIsThatOfNearlyAll() {
        var history = crypto()
        for number in 0..<200 {
            let at = Double(number * 10)
            history.disabled(at + 1, at + 1.1)
            history.encrypted(at + (number < 2 ? 3.1 : 1.2), at + 3.2)
            history.enabled(at + 5, at + 5.1)
        }
        #expect(history.figure(.revocationLag) == HistoryBuilder.seconds(0.1))
    }

    // MARK: - Versions

    @Test func anOldVersionProtectsNoLongerThanTheBound() {
        func kinds(_ from: Double) -> [Finding.Kind] {
            var history = crypto([.crypto])
            history.shown(
                .rotate(expected: 1), 1, 2, HistoryBuilder.facts(3, primary: 2, [.deactivated, .active]))
            history.record.calls[0].load = .revocation
            history.encrypted(from, from + 0.1, version: 1)
            return history.kinds
        }
        #expect(kinds(61.9).isEmpty)
        #expect(kinds(62.1) == [.oldVersion])
    }

    @Test func whatProtectedOnceTellsOfAVersionToo() {
        var history = crypto([.crypto])
        history.encrypted(1, 2, version: 3)
        history.encrypted(60, 60.1, version: 2, node: "n2")
        #expect(history.kinds.isEmpty)
        history.encrypted(63, 63.1, version: 2, node: "n2")
        #expect(history.kinds == [.oldVersion])
        #expect(history.judgement.findings.first?.calls == [0, 2])
    }

    // MARK: - Without a quorum

    @Test func aMinorityServesNoLongerThanTheBound() {
        func history(_ from: Double) -> HistoryBuilder {
            var history = crypto([.crypto])
            history.isolate("n1", 10, 100)
            history.encrypted(from, from + 0.1)
            return history
        }
        #expect(history(70.9).kinds.isEmpty)
        #expect(history(71.1).kinds == [.servedWithoutQuorum])
        #expect(history(70.9).figure(.minorityServes) == HistoryBuilder.seconds(60.9))
    }

    @Test func aNodeWithSlowClocksCountsTheBoundByThem() {
        func history(_ from: Double, rate: Double) -> HistoryBuilder {
            var history = HistoryBuilder(
                [.crypto], length: 200,
                schedule: [ScheduledFault(at: .seconds(1), .clockRate([.node("n1")], rate))])
            history.isolate("n1", 10, 190)
            history.encrypted(from, from + 0.1)
            return history
        }
        #expect(history(80, rate: 0.8).kinds.isEmpty)
        #expect(history(86.1, rate: 0.8).kinds == [.servedWithoutQuorum])
        #expect(history(80, rate: 1.2).kinds == [.servedWithoutQuorum])
    }

    @Test func othersServeAsLongAsTheyLike() {
        var history = crypto([.crypto])
        history.isolate("n1", 10, 100)
        history.encrypted(90, 90.1, node: "n2")
        history.encrypted(99.95, 100.1, node: "n1")
        history.encrypted(101, 101.1, node: "n1")
        #expect(history.kinds.isEmpty)
        #expect(history.figure(.minorityServes) == 0)
        history.record.withoutQuorum = []
        #expect(history.figure(.minorityServes) == nil)
    }

    // MARK: - Ciphertexts

    @Test func everyCiphertextOpens() {
        func kinds(_ outcome: ChaosCall.Outcome) -> [Finding.Kind] {
            var history = crypto([.crypto])
            history.encrypted(1, 1.1)
            history.call(.crypto, .decrypt(of: 0), 2, 2.1, outcome, node: "n1")
            return history.kinds
        }
        #expect(kinds(.done(.decrypted(isRight: true))).isEmpty)
        #expect(kinds(.done(.decrypted(isRight: false))) == [.unopened])
        for code in ["ciphertextRejected", "keyNotFound", "invalidKeyState"] {
            #expect(kinds(.refused(code: code)) == [.unopened])
        }
        for code in ["stale", "noLeader", "unreachable", "deadlineExceeded"] {
            #expect(kinds(.refused(code: code)).isEmpty)
        }
    }

    @Test func aDisabledKeyMayRefuseAndAnEnabledOneNotForLong() {
        func kinds(_ from: Double) -> [Finding.Kind] {
            var history = crypto()
            history.disabled(10, 11)
            history.enabled(20, 21)
            history.call(
                .crypto, .decrypt(of: 0), from, from + 0.1, .refused(code: "invalidKeyState"), node: "n1")
            return Judgement(of: history.record, staleness: ["eu": .seconds(5)]).findings.map(\.kind)
        }
        #expect(kinds(9) == [.unopened])
        #expect(kinds(10.5).isEmpty)
        #expect(kinds(15).isEmpty)
        #expect(kinds(25.9).isEmpty)
        #expect(kinds(26.1) == [.unopened])
    }

    @Test func pluginsRefuseInTheirOwnWords() {
        var history = crypto([.kubernetes])
        history.key = "eu/chaos/kubernetes"
        history.call(.kubernetes, .encrypt, 1, 1.1, .done(.nothing))
        history.call(.kubernetes, .decrypt(of: 0), 2, 2.1, .refused(code: "unavailable"))
        #expect(history.kinds.isEmpty)
        history.call(.kubernetes, .decrypt(of: 0), 3, 3.1, .refused(code: "invalidArgument"))
        #expect(history.kinds == [.unopened])
    }

    @Test func whatDoesNotOpenAtTheEndIsNoticed() {
        var history = crypto([.crypto])
        history.encrypted(1, 1.1)
        history.record.unopened = [0]
        #expect(history.kinds == [.unopened])
        #expect(history.figure(.violations) == 1)
    }
}
