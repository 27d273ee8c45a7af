import Chaos
import KeyModel
import Testing

@Suite("The last look at what was written") struct LastLookTests {
    private typealias Facts = HistoryBuilder

    private let rotated = HistoryBuilder.facts(3, primary: 2, [.deactivated, .active])

    // MARK: - Keys

    @Test func aKeyThatFellBackIsNoticed() {
        func kinds(_ change: (ChaosCall.Request, ChaosCall.KeyFacts), last: ChaosCall.KeyFacts) -> [Finding.Kind] {
            var history = HistoryBuilder()
            history.create()
            history.shown(change.0, 1, 1.1, change.1)
            history.looked(.done(.key(last)))
            return history.kinds
        }
        let disabled = Facts.facts(2, isEnabled: false)
        let tagged = Facts.facts(2, tags: ["by": "a"])
        let changes: [(ChaosCall.Request, ChaosCall.KeyFacts)] = [
            (.disable, disabled), (.setTags(["by": "a"]), tagged), (.rotate(expected: 1), rotated),
        ]
        for change in changes {
            #expect(kinds(change, last: change.1).isEmpty)
            #expect(kinds(change, last: Facts.facts(1)) == [.noOrder])
        }
        #expect(kinds((.disable, disabled), last: Facts.facts(2, isEnabled: true)) == [.noOrder])
    }

    @Test func whatNobodyKnowsOfMayShowAtLastOrNot() {
        for facts in [Facts.facts(1), Facts.facts(2, isEnabled: false)] {
            var history = HistoryBuilder()
            history.create()
            history.unknown(.disable, 1, 2)
            history.looked(.done(.key(facts)))
            #expect(history.kinds.isEmpty)
        }
    }

    @Test func aVersionThatWaitsMayBeActivatedBeforeTheLook() {
        var history = HistoryBuilder()
        history.create()
        history.shown(.rotate(expected: 1), 1, 1.1, Facts.facts(2, [.active, .preActive]))
        history.looked(.done(.key(rotated)))
        #expect(history.kinds.isEmpty)
    }

    @Test func aKeyThatIsGoneIsBothLostAndInNoOrder() {
        var history = HistoryBuilder([.writes])
        history.key = "eu/chaos/w-0"
        history.call(.writes, .create(tags: [:]), 1, 1.1, .done(.key(Facts.facts(1))))
        history.looked(.refused(code: "keyNotFound"))
        history.found(history.key, false)
        #expect(history.kinds == [.lostWrite, .noOrder])
    }

    @Test func aWriteThatIsAnotherThanWasAcknowledgedIsNoticed() {
        var history = HistoryBuilder([.writes])
        history.key = "eu/chaos/w-0"
        history.call(.writes, .create(tags: [:]), 1, 1.1, .done(.key(Facts.facts(1))))
        history.found(history.key)
        history.looked(.done(.key(Facts.facts(1, id: Facts.other))))
        #expect(history.kinds == [.noOrder])
    }

    @Test func triesThatWereRefusedSayNothing() {
        var history = HistoryBuilder()
        history.create()
        history.looked(.refused(code: "noLeader"))
        history.looked(.done(.key(Facts.facts(1))))
        #expect(history.kinds.isEmpty)
    }

    // MARK: - Registers

    private func registers(_ load: Load.Kind, last: UInt64?) -> [Finding.Kind] {
        var history = HistoryBuilder([.registers, .writes], subject: .etcd)
        history.key = "eu/chaos/r-0"
        for value in [7, 8] as [UInt64] {
            let at = Double(value)
            history.call(load, .put(value: value), at, at + 0.5, .done(.register(value: value, revision: 1)))
        }
        history.looked(.done(.register(value: last, revision: 1)), .get)
        history.found(history.key, last != nil)
        return history.kinds
    }

    @Test(arguments: [Load.Kind.registers, .writes])
    func aRegisterShowsAtLastWhatWasPutLast(_ load: Load.Kind) {
        #expect(registers(load, last: 8).isEmpty)
        #expect(registers(load, last: 7) == [.staleRead])
        #expect(registers(load, last: nil) == [.lostWrite, .staleRead])
    }

    // MARK: - What it does not change

    /// A run with calls of every kind that a figure is made from.
    private func busy() -> HistoryBuilder {
        var history = HistoryBuilder([.writes, .crypto, .kubernetes], length: 20)
        history.key = "eu/chaos/crypto"
        history.event(5, .fault, "kill n2", nodes: ["n2"])
        history.event(6, .nodeStarted, nodes: ["n2"])
        history.event(7, .nodeReady, nodes: ["n2"])
        history.affect(region: "eu-north", 5, 6)
        for second in 0..<20 {
            let at = Double(second)
            history.encrypted(at, at + 0.1)
            history.encrypted(at, at + 0.2, region: "eu-north")
            history.call(.kubernetes, .encrypt, at, at + 0.1, .done(.nothing))
            let name = "eu/chaos/w-\(second)"
            history.call(
                .writes, .create(tags: [:]), at, at + 0.3, .done(.key(Facts.facts(1))), node: "n1", subject: name)
            history.found(name)
        }
        return history
    }

    @Test func noFigureAndNoTimeLineKnowsOfIt() {
        let before = busy()
        var after = before
        for second in 0..<20 {
            after.looked(.refused(code: "noLeader"), subject: "eu/chaos/w-\(second)")
            after.looked(.done(.key(Facts.facts(1))), subject: "eu/chaos/w-\(second)", node: "n1")
        }
        #expect(after.judgement == before.judgement)
        func report(_ history: HistoryBuilder) -> RunReport {
            RunReport(of: history.record, figures: history.judgement.figures, findings: [], passed: true)
        }
        #expect(report(after) == report(before))
        #expect(report(after).calls == before.record.calls.count)
    }

    @Test func itsAnswersHaveTheirRows() {
        var history = busy()
        history.looked(.done(.key(Facts.facts(1))), subject: "eu/chaos/w-0", node: "n1")
        #expect(history.kinds.isEmpty)
        history.isAudited = false
        history.looked(.done(.key(Facts.facts(1))), subject: "eu/chaos/w-1", node: "n1")
        #expect(history.kinds == [.auditMissing])
    }
}
