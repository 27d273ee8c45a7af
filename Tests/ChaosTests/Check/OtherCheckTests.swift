import Chaos
import Testing

@Suite("Registers, lost writes, leaders and policies") struct OtherCheckTests {
    // MARK: - Registers

    private func registers(_ body: (inout HistoryBuilder) -> Void) -> [Finding.Kind] {
        var history = HistoryBuilder([.registers], subject: .etcd)
        history.key = "eu/chaos/r-0"
        history.found(history.key)
        body(&history)
        return history.kinds
    }

    @Test func aRegisterShowsWhatWasPutLast() {
        let kinds = registers { history in
            history.put(1, 0, 1)
            history.put(2, 2, 3)
            history.get(2, 2.5, 2.6)
            history.get(2, 4, 5)
        }
        #expect(kinds.isEmpty)
    }

    @Test func aReadThatFallsBackIsNoticed() {
        let kinds = registers { history in
            history.put(1, 0, 1)
            history.put(2, 2, 3)
            history.get(2, 2.1, 2.2)
            history.get(1, 2.3, 2.4)
        }
        #expect(kinds == [.staleRead])
        #expect(
            registers {
                $0.put(1, 0, 1)
                $0.get(nil, 2, 3)
            } == [.staleRead])
    }

    @Test func anUnknownPutMayShowLater() {
        let kinds = registers { history in
            history.put(1, 0, 1)
            history.call(.registers, .put(value: 2), 2, 3, .unknown(code: "deadlineExceeded"))
            history.get(1, 4, 5)
            history.get(2, 6, 7)
        }
        #expect(kinds.isEmpty)
        #expect(
            registers {
                $0.put(1, 0, 1)
                $0.get(9, 2, 3)
            } == [.staleRead])
    }

    @Test func aPutThatWasRefusedNeverShows() {
        let kinds = registers { history in
            history.put(1, 0, 1)
            history.call(.registers, .put(value: 2), 2, 3, .refused(code: "unavailable"))
            history.get(2, 6, 7)
        }
        #expect(kinds == [.staleRead])
    }

    // MARK: - Lost writes

    private func write(_ exists: Bool?, _ outcome: ChaosCall.Outcome = .done(.key(HistoryBuilder.facts(1))))
        -> HistoryBuilder
    {
        var history = HistoryBuilder([.writes])
        history.key = "eu/chaos/w-1"
        history.call(.writes, .create(tags: [:]), 1, 1.1, outcome)
        history.found(history.key, exists)
        return history
    }

    @Test func whatWasAcknowledgedIsThere() {
        #expect(write(true).kinds.isEmpty)
        #expect(write(true).figure(.lostWrites) == 0)
        #expect(write(false).kinds == [.lostWrite])
        #expect(write(false).figure(.lostWrites) == 1)
        #expect(write(false, .unknown(code: "outcomeUnknown")).kinds.isEmpty)
    }

    @Test func whereNobodyCouldSayThereIsNoFigure() {
        #expect(write(nil).kinds == [.unanswered])
        #expect(write(nil).figure(.lostWrites) == nil)
        var history = write(true)
        history.record.finalReads = []
        #expect(history.kinds == [.unanswered])
        history = write(nil)
        history.call(
            .writes, .create(tags: [:]), 1, 1.1, .done(.key(HistoryBuilder.facts(1))), subject: "eu/chaos/w-2")
        history.found("eu/chaos/w-2", false)
        #expect(history.figure(.lostWrites) == 1)
    }

    // MARK: - Leaders and leaks

    @Test func aTermHasOneLeader() {
        var history = HistoryBuilder()
        history.event(1, .leader, nodes: ["n1"], group: "eu", term: 4)
        history.event(2, .leader, nodes: ["n2"], group: "eu", term: 5)
        history.event(3, .leader, nodes: ["n3"], group: "us", term: 5)
        #expect(history.kinds.isEmpty)
        #expect(history.figure(.writers) == 1)
        history.event(4, .leader, nodes: ["n3"], group: "eu", term: 5)
        #expect(history.kinds == [.twoLeaders])
        #expect(history.figure(.writers) == 2)
        #expect(history.figure(.violations) == 1)
    }

    @Test func termsThatNobodyKnowsAreNotCompared() {
        var history = HistoryBuilder([.registers], subject: .etcd)
        history.event(1, .leader, nodes: ["m1"], group: "etcd")
        history.event(2, .leader, nodes: ["m2"], group: "etcd")
        #expect(history.kinds.isEmpty)
        #expect(history.figure(.writers) == nil)
    }

    @Test func leaksAreFindings() {
        var history = HistoryBuilder()
        #expect(history.figure(.leaks) == 0)
        history.record.leaks = ["the plaintext of call 3 in the memory of us-east"]
        #expect(history.kinds == [.leak])
        #expect(history.figure(.leaks) == 1)
    }

    // MARK: - Policies

    private func policies(_ body: (inout HistoryBuilder) -> Void) -> [Finding.Kind] {
        var history = HistoryBuilder([.policies])
        history.key = "eu/chaos-0"
        body(&history)
        return Judgement(of: history.record, staleness: ["eu": .seconds(10)]).findings.map(\.kind)
    }

    @Test func policiesGrow() {
        let right = policies { history in
            history.putPolicy(1, 1, 2, shown: 1, 1)
            history.putPolicy(2, 3, 4, shown: 2, 2)
            history.getPolicy(5, 5.1, 1, 1)
            history.getPolicy(15, 15.1, 2, 2)
        }
        #expect(right.isEmpty)
        let back = policies { history in
            history.putPolicy(1, 1, 2, shown: 1, 2)
            history.putPolicy(2, 3, 4, shown: 2, 1)
        }
        #expect(back == [.policy])
        let same = policies { history in
            history.putPolicy(1, 1, 2, shown: 1, 1)
            history.putPolicy(2, 3, 4, shown: 2, 1)
        }
        #expect(Set(same) == [.policy])
    }

    @Test func aPolicyIsReadAfterTheBound() {
        func kinds(_ from: Double) -> [Finding.Kind] {
            policies { history in
                history.putPolicy(1, 1, 2, shown: 1, 1)
                history.putPolicy(2, 3, 4, shown: 2, 2)
                history.getPolicy(from, from + 0.1, 1, 1)
            }
        }
        #expect(kinds(13.9).isEmpty)
        #expect(kinds(14.1) == [.policy])
        let missing = policies { history in
            history.putPolicy(1, 1, 2, shown: 1, 1)
            history.call(.policies, .getPolicy, 13, 13.1, .refused(code: "keyNotFound"), node: "n1")
        }
        #expect(missing == [.policy])
    }

    @Test func aPolicyThatNobodyPutIsNoticed() {
        #expect(policies { $0.getPolicy(1, 1.1, 77, 1) } == [.policy])
        let unknown = policies { history in
            history.call(.policies, .putPolicy(digest: 77), 0, 0.5, .unknown(code: "outcomeUnknown"))
            history.getPolicy(1, 1.1, 77, 1)
        }
        #expect(unknown.isEmpty)
    }
}

extension HistoryBuilder {
    fileprivate mutating func put(_ value: UInt64, _ from: Double, _ until: Double) {
        call(.registers, .put(value: value), from, until, .done(.register(value: nil, revision: 0)))
    }

    fileprivate mutating func get(_ value: UInt64?, _ from: Double, _ until: Double) {
        call(.registers, .get, from, until, .done(.register(value: value, revision: 0)), client: 1)
    }

    fileprivate mutating func putPolicy(
        _ digest: UInt64, _ from: Double, _ until: Double, shown: UInt64, _ generation: UInt64
    ) {
        call(
            .policies, .putPolicy(digest: digest), from, until, .done(.policy(digest: shown, generation: generation)),
            node: "n1")
    }

    fileprivate mutating func getPolicy(_ from: Double, _ until: Double, _ digest: UInt64, _ generation: UInt64) {
        call(.policies, .getPolicy, from, until, .done(.policy(digest: digest, generation: generation)), node: "n2")
    }
}
