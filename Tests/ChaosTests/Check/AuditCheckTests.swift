import Chaos
import Testing

@Suite("Replies and rows of audit records") struct AuditCheckTests {
    private func made(isAudited: Bool = true) -> HistoryBuilder {
        var history = HistoryBuilder([.crypto])
        history.key = "eu/chaos/crypto"
        history.isAudited = isAudited
        history.encrypted(1, 1.1)
        return history
    }

    @Test func aReplyWithItsRowIsRight() {
        var history = made()
        history.call(.crypto, .encrypt, 2, 2.1, .refused(code: "permissionDenied"), node: "n1")
        #expect(history.kinds.isEmpty)
        #expect(history.figure(.auditMismatches) == 0)
    }

    @Test func aReplyWithoutARowIsNoticed() {
        let history = made(isAudited: false)
        #expect(history.kinds == [.auditMissing])
        #expect(history.judgement.findings.first?.calls == [0])
        #expect(history.figure(.auditMismatches) == 1)
        #expect(history.figure(.violations) == 0)
    }

    @Test func aRowThatSaysSomethingElseIsNoticed() {
        var history = made(isAudited: false)
        history.row(0, "n1", "permissionDenied")
        #expect(history.kinds == [.auditMissing])
    }

    @Test func aRowAtAnotherNodeIsNoneAndBelongsToNobody() {
        var history = made(isAudited: false)
        history.row(0, "n2", "ok")
        #expect(Set(history.kinds) == [.auditMissing, .auditForeign])
    }

    @Test func twoRowsForOneAttemptAreNoticed() {
        var history = made()
        history.row(0, "n1", "ok")
        #expect(history.kinds == [.auditDoubled])
    }

    @Test func aRowOfAnAttemptThatWasNeverSentIsNoticed() {
        var history = made()
        history.row(0, "n1", "ok", attempt: 2)
        #expect(history.kinds == [.auditForeign])
        history.row("c99.1", "n1", "ok")
        #expect(history.kinds == [.auditForeign, .auditForeign])
    }

    @Test func rowsOfOthersAreLeftAlone() {
        var history = made()
        for id in ["12-4711", "rotation", "", "c.1", "c1.", "cx.1", "c1.1.1", "E621E1F8-C36C-495A-93FC-0C247A3E6E5F.1"]
        {
            history.row(id, "n1", "ok")
        }
        #expect(history.kinds.isEmpty)
    }

    @Test func anAttemptThatGotNoAnswerMayHaveARow() {
        var history = made()
        history.record.calls[0].attempts.insert(.init(id: "c0.0", node: "n2"), at: 0)
        #expect(history.kinds.isEmpty)
        history.row(0, "n2", "stale", attempt: 0)
        #expect(history.kinds.isEmpty)
    }

    @Test func ofSeveralAttemptsAtOneNodeTheLastIsAnswered() {
        var history = made(isAudited: false)
        history.record.calls[0].attempts.append(.init(id: "c0.2", node: "n1"))
        history.row(0, "n1", "overloaded")
        #expect(history.kinds == [.auditMissing])
        history.row(0, "n1", "ok", attempt: 2)
        #expect(history.kinds.isEmpty)
    }

    @Test func whatNeverReachedANodeNeedsNoRow() {
        var history = made()
        history.isAudited = false
        for code in ["unreachable", "deadlineExceeded", "overloaded", "auditUnavailable", "cancelled"] {
            history.call(.probe, .encrypt, 2, 2.1, .refused(code: code), node: "n1")
        }
        history.call(.crypto, .encrypt, 2, 2.1, .refused(code: "noLeader"))
        #expect(history.kinds.isEmpty)
        history.call(.probe, .encrypt, 2, 2.1, .refused(code: "stale"), node: "n1")
        #expect(history.kinds == [.auditMissing])
    }

    @Test func nodesWhoseRecordsAreGoneAreLeftOut() {
        var history = made(isAudited: false)
        history.row("c99.1", "n1", "ok")
        history.record.unreadableAudits = ["n1"]
        #expect(history.kinds.isEmpty)
    }

    @Test func aNodeWhoseNameWasNotKnownMayBeAny() {
        var history = made()
        history.record.calls[0].attempts[0].node = ""
        #expect(history.kinds.isEmpty)
    }

    @Test func ofPluginsTheNameOfTheIdIsEnough() {
        var history = HistoryBuilder([.kubernetes])
        history.key = "eu/chaos/kubernetes"
        history.call(.kubernetes, .encrypt, 1, 1.1, .done(.nothing))
        history.row("c0.1", "n1", "stale")
        history.row("c0.2", "n2", "ok")
        history.row("c0.2", "n3", "ok")
        #expect(history.kinds.isEmpty)
        history.call(.kubernetes, .status, 2, 2.1, .done(.status(isHealthy: true, keyID: "")))
        history.row("c1.1", "n1", "ok")
        #expect(history.kinds == [.auditForeign])
    }

    @Test func etcdKeepsNone() {
        var history = HistoryBuilder([.registers], subject: .etcd)
        history.call(.registers, .put(value: 1), 1, 1.1, .done(.register(value: nil, revision: 2)), node: "n1")
        history.found("eu/chaos/k-0")
        #expect(history.kinds.isEmpty)
        #expect(history.figure(.auditMismatches) == nil)
    }
}
