import Chaos
import KeyModel
import Testing

@Suite("Orders of answers about keys") struct KeyOrderTests {
    private typealias Facts = HistoryBuilder

    private func made(_ body: (inout HistoryBuilder) -> Void) -> HistoryBuilder {
        var history = HistoryBuilder()
        history.create()
        body(&history)
        return history
    }

    // MARK: - Reads

    @Test func aConfirmedReadShowsWhatWasAcknowledgedBefore() {
        let history = made { history in
            history.shown(.disable, 1, 1.1, Facts.facts(2, isEnabled: false))
            history.shown(.describe(isConfirmed: true), 1.2, 1.3, Facts.facts(2, isEnabled: false), client: 1)
        }
        #expect(history.judgement.findings.isEmpty)
    }

    @Test func aConfirmedReadThatIsStaleIsNoticed() throws {
        let history = made { history in
            history.shown(.disable, 1, 1.1, Facts.facts(2, isEnabled: false))
            history.shown(.describe(isConfirmed: true), 1.2, 1.3, Facts.facts(1), client: 1)
        }
        let finding = try #require(history.judgement.findings.first)
        #expect(history.kinds == [.noOrder])
        #expect(finding.calls == [1, 2])
        #expect(finding.text.contains("eu/chaos/k-0"))
        #expect(finding.text.contains("call 2 (client 1, 1.2 to 1.3 s)"))
        #expect(history.figure(.violations) == 1)
    }

    @Test func aReadThatOverlapsTheChangeMayShowEither() {
        for facts in [Facts.facts(1), Facts.facts(2, isEnabled: false)] {
            let history = made { history in
                history.shown(.disable, 1, 1.5, Facts.facts(2, isEnabled: false))
                history.shown(.describe(isConfirmed: true), 1.2, 1.3, facts, client: 1)
            }
            #expect(history.kinds.isEmpty)
        }
    }

    @Test func aReadThatNobodyConfirmedMayBeAsOldAsTheBoundAndNoOlder() {
        func kinds(readAt time: Double, staleness: Duration = .seconds(10)) -> [Finding.Kind] {
            let history = made { history in
                history.shown(.disable, 1, 2, Facts.facts(2, isEnabled: false))
                history.shown(
                    .describe(isConfirmed: false), time, time + 0.1, Facts.facts(1), client: 1, node: "n1")
            }
            return Judgement(of: history.record, staleness: ["eu": staleness]).findings.map(\.kind)
        }
        #expect(kinds(readAt: 11.9).isEmpty)
        #expect(kinds(readAt: 12.1) == [.noOrder])
        #expect(kinds(readAt: 12.1, staleness: .seconds(60)).isEmpty)
    }

    @Test func aNodeThatIsHurtShowsWhatItHasButNothingThatNeverWas() {
        func kinds(_ facts: ChaosCall.KeyFacts, readAt time: Double = 50) -> [Finding.Kind] {
            var history = made { history in
                history.shown(.disable, 1, 2, Facts.facts(2, isEnabled: false))
                history.shown(.describe(isConfirmed: false), time, time + 0.1, facts, client: 1, node: "n1")
            }
            history.affect(node: "n1", 40, 45)
            history.isolate("n1", 200, 220)
            return Judgement(of: history.record, staleness: ["eu": .seconds(10)]).findings.map(\.kind)
        }
        #expect(kinds(Facts.facts(1)).isEmpty)
        #expect(kinds(Facts.facts(2)) == [.noOrder])
        // Before the fault, and so long after it that the node has caught up, it is like any other.
        #expect(kinds(Facts.facts(1), readAt: 39) == [.noOrder])
        #expect(kinds(Facts.facts(1), readAt: 54.9).isEmpty)
        #expect(kinds(Facts.facts(1), readAt: 55.1) == [.noOrder])
        // To reach no majority is to be hurt.
        #expect(kinds(Facts.facts(1), readAt: 229.9).isEmpty)
        #expect(kinds(Facts.facts(1), readAt: 230.1) == [.noOrder])
    }

    @Test func whatWasFoundIsNotMissingLater() {
        let history = made { history in
            history.refused(.describe(isConfirmed: true), 1, 1.1, "keyNotFound", client: 1)
        }
        #expect(history.kinds == [.noOrder])
        let early = made { history in
            history.refused(.describe(isConfirmed: true), 0.05, 1.1, "keyNotFound", client: 1)
        }
        #expect(early.kinds.isEmpty)
    }

    @Test func refusalsForOtherReasonsSayNothing() {
        let history = made { history in
            history.refused(.describe(isConfirmed: true), 1, 1.1, "noLeader", client: 1)
            history.refused(.disable, 2, 2.1, "overloaded", client: 1)
            history.shown(.describe(isConfirmed: true), 3, 3.1, Facts.facts(1))
        }
        #expect(history.kinds.isEmpty)
    }

    @Test func whatIsKnownToBeWithoutEffectHasNone() {
        let history = made { history in
            history.refused(.disable, 2, 2.1, "overloaded", client: 1)
            history.shown(.describe(isConfirmed: true), 3, 3.1, Facts.facts(2, isEnabled: false))
        }
        #expect(history.kinds == [.noOrder])
    }

    // MARK: - Changes

    @Test func anUpdateThatIsLostIsNoticed() {
        let history = made { history in
            history.shown(.setTags(["by": "a"]), 1, 1.5, Facts.facts(2, tags: ["by": "a"]))
            history.shown(.setTags(["by": "b"]), 1.1, 1.6, Facts.facts(2, tags: ["by": "b"]), client: 1)
        }
        #expect(history.kinds == [.noOrder])
        let right = made { history in
            history.shown(.setTags(["by": "a"]), 1, 1.5, Facts.facts(3, tags: ["by": "a"]))
            history.shown(.setTags(["by": "b"]), 1.1, 1.6, Facts.facts(2, tags: ["by": "b"]), client: 1)
        }
        #expect(right.kinds.isEmpty)
    }

    @Test func anAcknowledgedChangeThatNobodySeesIsNoticed() {
        let history = made { history in
            history.shown(.setTags(["by": "a"]), 1, 1.5, Facts.facts(2, tags: ["by": "a"]))
            history.shown(.describe(isConfirmed: true), 20, 20.1, Facts.facts(1))
        }
        #expect(history.kinds == [.noOrder])
    }

    @Test func anUnknownChangeMayHappenLateOrNever() {
        for facts in [Facts.facts(1), Facts.facts(2, isEnabled: false)] {
            let history = made { history in
                history.unknown(.disable, 1, 2, client: 1)
                history.shown(.describe(isConfirmed: true), 30, 30.1, facts)
            }
            #expect(history.kinds.isEmpty)
        }
        let both = made { history in
            history.unknown(.disable, 1, 2, client: 1)
            history.shown(.describe(isConfirmed: true), 30, 30.1, Facts.facts(2, isEnabled: false))
            history.shown(.describe(isConfirmed: true), 31, 31.1, Facts.facts(1))
        }
        #expect(both.kinds == [.noOrder])
    }

    @Test func placesInTheLogFollowTheAnswers() {
        func kinds(_ first: UInt64, _ second: UInt64) -> [Finding.Kind] {
            made { history in
                history.shown(.disable, 1, 1.1, Facts.facts(2, isEnabled: false), revision: first)
                history.shown(.enable, 2, 2.1, Facts.facts(3), revision: second)
            }.kinds
        }
        #expect(kinds(10, 11).isEmpty)
        #expect(kinds(11, 10) == [.noOrder])
        #expect(kinds(10, 10) == [.noOrder])
    }

    // MARK: - Creations

    @Test func aKeyIsMadeOnce() {
        let twice = made { history in
            history.shown(.create(tags: [:]), 1, 1.1, Facts.facts(1, id: Facts.other), client: 1)
        }
        #expect(twice.kinds == [.noOrder])
        let again = made { history in history.shown(.create(tags: [:]), 1, 1.1, Facts.facts(1), client: 1) }
        #expect(again.kinds == [.noOrder])
        let refused = made { history in history.refused(.create(tags: [:]), 1, 1.1, "alreadyExists", client: 1) }
        #expect(refused.kinds.isEmpty)
    }

    @Test func aKeyThatRisesAgainIsNoticed() {
        let history = made { history in
            history.shown(.disable, 1, 1.1, Facts.facts(2, isEnabled: false))
            history.shown(.describe(isConfirmed: true), 2, 2.1, Facts.facts(1, id: Facts.other))
        }
        #expect(history.kinds == [.noOrder])
    }

    @Test func aCreationWithoutAnAnswerMayBeTheOneThatIsSeen() {
        var history = HistoryBuilder()
        history.unknown(.create(tags: ["by": "a"]), 0, 10)
        history.unknown(.create(tags: ["by": "b"]), 0, 10, client: 1)
        history.shown(.describe(isConfirmed: true), 11, 11.1, Facts.facts(1, tags: ["by": "b"]), client: 2)
        history.refused(.create(tags: [:]), 12, 12.1, "alreadyExists")
        #expect(history.kinds.isEmpty)
        history.shown(.describe(isConfirmed: true), 13, 13.1, Facts.facts(1, tags: ["by": "c"]), client: 2)
        #expect(history.kinds == [.noOrder])
    }

    @Test func aCreationIsNotRefusedForAKeyThatIsNotThere() {
        var history = HistoryBuilder()
        history.refused(.create(tags: [:]), 0, 0.1, "alreadyExists")
        #expect(history.kinds == [.noOrder])
        history = HistoryBuilder()
        history.unknown(.create(tags: [:]), 0, 0.1, client: 1)
        history.refused(.create(tags: [:]), 0.2, 0.3, "alreadyExists")
        #expect(history.kinds.isEmpty)
    }

    // MARK: - Searches

    @Test func aSearchThatIsTooLongIsNoVerdict() {
        let history = made { history in
            for number in 0..<8 {
                let end = 2 + Double(number) / 10
                let tags = ["by": "\(number)"]
                history.shown(
                    .setTags(tags), 1, end, Facts.facts(UInt64(9 - number), tags: tags), client: number)
            }
        }
        #expect(history.kinds.isEmpty)
        let judgement = Judgement(of: history.record, budget: 4)
        #expect(judgement.findings.map(\.kind) == [.undecided])
        #expect(judgement.figures[.unknownHistories] == 1)
        #expect(judgement.figures[.violations] == 0)
    }

    @Test func keysAreJudgedApart() {
        var history = HistoryBuilder()
        history.create()
        history.key = "eu/chaos/k-1"
        history.create()
        history.shown(.describe(isConfirmed: true), 1, 1.1, Facts.facts(2))
        #expect(history.kinds == [.noOrder])
        #expect(history.judgement.findings.first?.text.contains("k-1") == true)
    }
}
