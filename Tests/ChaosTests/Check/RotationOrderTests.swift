import Chaos
import KeyModel
import Testing

@Suite("Orders of rotations") struct RotationOrderTests {
    private typealias Facts = HistoryBuilder

    private func found(_ body: (inout HistoryBuilder) -> Void) -> [Finding.Kind] {
        var history = HistoryBuilder()
        history.create()
        body(&history)
        return history.kinds
    }

    @Test func aRotationAddsAVersionAndActivatesItInOneCall() {
        let kinds = found { history in
            history.shown(.rotate(expected: 1), 1, 1.2, Facts.facts(3, primary: 2, [.deactivated, .active]))
            history.shown(
                .describe(isConfirmed: true), 2, 2.1, Facts.facts(3, primary: 2, [.deactivated, .active]))
        }
        #expect(kinds.isEmpty)
    }

    @Test func aVersionThatWaitsIsActivatedByTheNodesLater() {
        let kinds = found { history in
            history.shown(.rotate(expected: 1), 1, 1.2, Facts.facts(2, [.active, .preActive]))
            history.shown(.describe(isConfirmed: true), 2, 2.1, Facts.facts(2, [.active, .preActive]))
            history.shown(
                .describe(isConfirmed: true), 4, 4.1, Facts.facts(3, primary: 2, [.deactivated, .active]))
        }
        #expect(kinds.isEmpty)
    }

    @Test func aVersionThatIsActiveDoesNotWaitAgain() {
        let kinds = found { history in
            history.shown(.rotate(expected: 1), 1, 1.2, Facts.facts(2, [.active, .preActive]))
            history.shown(
                .describe(isConfirmed: true), 4, 4.1, Facts.facts(3, primary: 2, [.deactivated, .active]))
            history.shown(.describe(isConfirmed: true), 5, 5.1, Facts.facts(2, [.active, .preActive]), client: 1)
        }
        #expect(kinds == [.noOrder])
    }

    @Test func aVersionIsActivatedOnce() {
        let kinds = found { history in
            history.shown(.rotate(expected: 1), 1, 1.2, Facts.facts(2, [.active, .preActive]))
            history.shown(
                .describe(isConfirmed: true), 4, 4.1, Facts.facts(4, primary: 2, [.deactivated, .active]))
        }
        #expect(kinds == [.noOrder])
    }

    @Test func noVersionIsActivatedThatNobodyAskedFor() {
        let kinds = found { history in
            history.shown(
                .describe(isConfirmed: true), 4, 4.1, Facts.facts(3, primary: 2, [.deactivated, .active]))
        }
        #expect(kinds == [.noOrder])
    }

    @Test func aRotationThatFindsAWaitingVersionChangesNothing() {
        let kinds = found { history in
            history.shown(.rotate(expected: 1), 1, 1.2, Facts.facts(2, [.active, .preActive]))
            history.shown(.rotate(expected: 2), 1.3, 1.4, Facts.facts(2, [.active, .preActive]), client: 1)
            history.shown(
                .rotate(expected: 2), 1.5, 2.5, Facts.facts(3, primary: 2, [.deactivated, .active]), client: 1)
        }
        #expect(kinds.isEmpty)
    }

    @Test func twoRotationsOfOneGenerationAreNotBothDone() {
        let kinds = found { history in
            history.shown(.rotate(expected: 1), 1, 1.5, Facts.facts(2, [.active, .preActive]))
            history.shown(.rotate(expected: 1), 1.1, 1.6, Facts.facts(2, [.active, .preActive]), client: 1)
        }
        #expect(kinds == [.noOrder])
        let right = found { history in
            history.shown(.rotate(expected: 1), 1, 1.5, Facts.facts(2, [.active, .preActive]))
            history.refused(.rotate(expected: 1), 1.1, 1.6, "generationConflict", client: 1)
        }
        #expect(right.isEmpty)
    }

    @Test func aRotationThatExpectsNothingMayConflictAtAnyTime() {
        let kinds = found { history in
            history.refused(.rotate(expected: 0), 1, 1.5, "generationConflict")
            history.shown(.rotate(expected: 0), 2, 2.5, Facts.facts(2, [.active, .preActive]))
            history.shown(.describe(isConfirmed: true), 2.6, 2.7, Facts.facts(2, [.active, .preActive]))
        }
        #expect(kinds.isEmpty)
    }

    @Test func anAcknowledgedRotationIsDoneWhateverItExpects() {
        for expected: UInt64 in [0, 1] {
            let kinds = found { history in
                history.shown(.rotate(expected: expected), 2, 2.5, Facts.facts(2, [.active, .preActive]))
                history.shown(.describe(isConfirmed: true), 2.6, 2.7, Facts.facts(1), client: 1)
            }
            #expect(kinds == [.noOrder])
        }
    }

    @Test func anAcknowledgedRotationThatShowsNoNewVersionIsNoticed() {
        let kinds = found { history in history.shown(.rotate(expected: 1), 2, 2.5, Facts.facts(1)) }
        #expect(kinds == [.noOrder])
    }

    @Test func aRotationIsShownWithWhatOthersChangedMeanwhile() {
        let kinds = found { history in
            history.shown(
                .rotate(expected: 1), 1, 1.8, Facts.facts(4, primary: 2, [.deactivated, .active], tags: ["by": "b"]))
            history.shown(
                .setTags(["by": "b"]), 1.1, 1.5, Facts.facts(3, [.active, .preActive], tags: ["by": "b"]), client: 1)
        }
        #expect(kinds.isEmpty)
    }

    @Test func anUnknownRotationMayHappenAndBeActivated() {
        let kinds = found { history in
            history.unknown(.rotate(expected: 1), 1, 11)
            history.shown(.describe(isConfirmed: true), 12, 12.1, Facts.facts(1), client: 1)
            history.shown(
                .describe(isConfirmed: true), 15, 15.1, Facts.facts(3, primary: 2, [.deactivated, .active]),
                client: 1)
            history.shown(
                .rotate(expected: 3), 16, 16.1,
                Facts.facts(5, primary: 3, [.deactivated, .deactivated, .active]), client: 1)
        }
        #expect(kinds.isEmpty)
    }

    @Test func aDisabledKeyIsNeitherRotatedNorActivated() {
        let disabled = Facts.facts(3, [.active, .preActive], isEnabled: false)
        let kinds = found { history in
            history.shown(.rotate(expected: 1), 1, 1.2, Facts.facts(2, [.active, .preActive]))
            history.shown(.disable, 1.3, 1.4, disabled)
            history.refused(.rotate(expected: 3), 1.5, 1.6, "invalidKeyState")
            history.shown(.describe(isConfirmed: true), 5, 5.1, disabled)
        }
        #expect(kinds.isEmpty)
        let wrong = found { history in
            history.shown(.rotate(expected: 1), 1, 1.2, Facts.facts(2, [.active, .preActive]))
            history.shown(.disable, 1.3, 1.4, disabled)
            history.shown(
                .describe(isConfirmed: true), 5, 5.1,
                Facts.facts(4, primary: 2, [.deactivated, .active], isEnabled: false))
        }
        #expect(wrong == [.noOrder])
    }
}
