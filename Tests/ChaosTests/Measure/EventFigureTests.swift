import Chaos
import Testing

@Suite("Figures of the time line") struct EventFigureTests {
    @Test func termsAreCountedFromTheBeginningOfTheLoad() {
        var history = HistoryBuilder(length: 30)
        #expect(history.figure(.termsPerMinute) == nil)
        history.event(0, .leader, nodes: ["n1"], group: "eu", term: 3)
        #expect(history.figure(.termsPerMinute) == 0)
        history.event(5, .leader, nodes: ["n2"], group: "eu", term: 4)
        history.event(6, .leader, nodes: ["n1"], group: "us", term: 9)
        history.event(7, .leader, nodes: ["n1"], group: "directory", term: 90)
        // A term that nobody led was one too.
        history.event(9, .leader, nodes: ["n1"], group: "eu", term: 6)
        history.event(31, .leader, nodes: ["n1"], group: "eu", term: 8)
        #expect(history.figure(.termsPerMinute) == 6)
    }

    @Test func leadersWithoutTermsAreCounted() {
        var history = HistoryBuilder([.registers], subject: .etcd, length: 60)
        history.event(0, .leader, nodes: ["m1"], group: "etcd")
        history.event(5, .leader, nodes: ["m2"], group: "etcd")
        history.event(9, .leader, nodes: ["m1"], group: "etcd")
        #expect(history.figure(.termsPerMinute) == 2)
    }

    @Test func theLongestStartIsOfANodeInTheLoad() {
        var history = HistoryBuilder(length: 60)
        history.event(0, .nodeStarted, nodes: ["n1"])
        history.event(0, .nodeReady, nodes: ["n1"])
        #expect(history.figure(.nodeReady) == nil)
        history.event(10, .nodeStarted, nodes: ["n1"])
        history.event(11, .nodeStarted, nodes: ["n2"])
        history.event(12, .nodeReady, nodes: ["n1"])
        history.event(14, .nodeReady, nodes: ["n2"])
        #expect(history.figure(.nodeReady) == 3)
        history.event(20, .nodeStarted, nodes: ["n3"])
        #expect(history.figure(.nodeReady) == 40)
    }

    @Test func firstCryptoIsCountedFromTheLastStart() {
        var history = HistoryBuilder([.crypto], length: 60)
        #expect(history.figure(.firstCrypto) == nil)
        history.event(10, .nodeStarted, nodes: ["n1"])
        history.event(11, .nodeStarted, nodes: ["n2"])
        history.event(70, .nodeStarted, nodes: ["n3"])
        history.encrypted(10.2, 10.3)
        #expect(history.figure(.firstCrypto) == 49)
        history.call(.crypto, .encrypt, 11, 11.5, .refused(code: "stale"))
        history.encrypted(11, 13)
        history.encrypted(12, 14)
        #expect(history.figure(.firstCrypto) == 2)
    }

    @Test func aFullDiskIsNamedToAWriter() {
        let full = Fault.disk([.node("n1")], .space(.store, bytes: 4096))
        var history = HistoryBuilder([.writes], schedule: [ScheduledFault(at: .seconds(10), full)])
        history.event(5, .fault, "kill n2", nodes: ["n2"])
        history.event(10, .fault, "4096 bytes left (store) at n1", nodes: ["n1"])
        func refuse(_ end: Double, _ code: String, _ request: ChaosCall.Request = .create(tags: [:])) {
            let call = history.call(.writes, request, end - 2, end + 5, .unknown(code: "outcomeUnknown"))
            history.record.calls[call].refusals = [.init(at: HistoryBuilder.time(end), code: code)]
        }
        refuse(9, "overloaded")
        refuse(11, "noLeader")
        refuse(12, "overloaded", .encrypt)
        #expect(history.figure(.refusalAfterFull) == nil)
        refuse(14, "auditUnavailable")
        refuse(13, "overloaded")
        #expect(history.figure(.refusalAfterFull) == 3)
    }

    @Test func nodesThatEndByThemselvesAreCounted() {
        var history = HistoryBuilder()
        #expect(history.figure(.nodesEnded) == 0)
        history.event(5, .nodeEnded, "n1 was ended by signal 6", nodes: ["n1"])
        #expect(history.figure(.nodesEnded) == 1)
    }

    @Test func theWorstStormCounts() {
        var history = HistoryBuilder()
        #expect(history.figure(.stormTime) == nil)
        history.record.storms = [
            .init(took: 2_000_000_000, longestCall: 900_000_000, calls: 100, errors: 1),
            .init(took: 3_000_000_000, longestCall: 800_000_000, calls: 100, errors: 2),
        ]
        #expect(history.figure(.stormTime) == 3)
        #expect(history.figure(.stormLongestCall) == 0.9)
        #expect(history.figure(.stormErrors) == 3)
    }

    @Test func theSameRecordGivesTheSameJudgement() {
        var history = HistoryBuilder()
        history.create()
        history.shown(.describe(isConfirmed: true), 1, 1.1, HistoryBuilder.facts(4))
        history.record.leaks = ["a leak"]
        #expect(history.judgement == history.judgement)
        #expect(history.judgement.findings.count == 2)
    }
}
