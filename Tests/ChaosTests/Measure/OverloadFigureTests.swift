import Chaos
import Testing

@Suite("Figures of overloads") struct OverloadFigureTests {
    private static let few = "8 callers of eu in each region without pause"
    private static let many = "64 callers of eu in each region without pause"

    /// Few callers from 2 to 4 s, many from 10 to 20 s, and ordinary ones 10 times a second for 20 s: half of theirs
    /// are refused in the greater overload.
    private func overloaded(few: Int, many: Int) -> HistoryBuilder {
        let schedule = [
            ScheduledFault(at: .seconds(2), .overload(placement: "eu", callers: 8), lasting: .seconds(2)),
            ScheduledFault(at: .seconds(10), .overload(placement: "eu", callers: 64), lasting: .seconds(10)),
        ]
        var history = HistoryBuilder([.crypto], length: 30, schedule: schedule)
        history.key = "eu/chaos/crypto"
        history.event(2, .fault, Self.few)
        history.event(4, .undone, "over: \(Self.few)")
        history.event(10, .fault, Self.many)
        history.event(20, .undone, "over: \(Self.many)")
        for number in 0..<200 {
            let at = Double(number) / 10
            if number >= 100, number.isMultiple(of: 2) {
                history.call(.crypto, .encrypt, at, at + 0.05, .refused(code: "overloaded"))
            } else {
                history.encrypted(at, at + 0.05)
            }
        }
        call(few, from: 2, seconds: 2, &history)
        call(many, from: 10, seconds: 10, &history)
        return history
    }

    /// So many calls a second of an overload's callers.
    private func call(_ rate: Int, from: Double, seconds: Int, _ history: inout HistoryBuilder) {
        for number in 0..<rate * seconds {
            let at = from + Double(number) / Double(rate)
            history.encrypted(at, at + 0.001, load: .overload)
        }
    }

    @Test func goodputIsOfAllCallersAgainstTheBestThatWas() {
        #expect(overloaded(few: 80, many: 67).figure(.goodput) == 0.8)
        #expect(overloaded(few: 80, many: 4).figure(.goodput) == 0.1)
    }

    @Test func manyAnswersToTheImpatientDoNotHideThatOrdinaryCallersGetLess() {
        #expect(overloaded(few: 80, many: 200).figure(.ordinaryShare) == 0.5)
        #expect(overloaded(few: 80, many: 1).figure(.ordinaryShare) == 0.5)
    }

    @Test func whereNobodyCalledBeforeThereIsNoShare() {
        var history = overloaded(few: 80, many: 67)
        history.record.calls.removeAll { $0.load == .crypto && $0.start < HistoryBuilder.time(10) }
        #expect(history.figure(.ordinaryShare) == nil)
    }

    @Test func withoutAnOverloadThereIsNeither() {
        var history = HistoryBuilder([.crypto], length: 30)
        history.key = "eu/chaos/crypto"
        for second in 0..<30 { history.encrypted(Double(second), Double(second) + 0.1) }
        #expect(history.figure(.goodput) == nil)
        #expect(history.figure(.ordinaryShare) == nil)
    }

    @Test func ordinaryFiguresAreWithoutTheImpatient() {
        var history = overloaded(few: 80, many: 67)
        #expect(history.figure(.cryptoErrors) == 50)
        history.call(.overload, .encrypt, 11, 19, .refused(code: "deadlineExceeded"))
        #expect(history.figure(.cryptoErrors) == 50)
        #expect(history.figure(.longestCrypto) == HistoryBuilder.seconds(0.05))
        history.record.calls.removeAll { $0.load == .crypto }
        #expect(history.figure(.secondsWithCrypto) == nil)
    }

    @Test func checksSeeTheImpatient() {
        var history = HistoryBuilder([.crypto])
        history.key = "eu/chaos/crypto"
        history.disabled(1, 1.1)
        history.encrypted(70, 70.1, load: .overload)
        #expect(history.kinds == [.servedAfterRevocation])
        history.isAudited = false
        history.encrypted(0.5, 0.6, load: .overload)
        #expect(history.kinds == [.servedAfterRevocation, .auditMissing])
    }
}
