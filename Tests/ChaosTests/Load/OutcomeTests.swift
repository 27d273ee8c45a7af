import Chaos
import ClientAPI
import Testing

@Suite struct OutcomeTests {
    private func outcome(
        _ code: ClientError.Code, _ request: ChaosCall.Request, mayHaveHappened: Bool
    ) -> ChaosCall.Outcome {
        ChaosCall.Outcome(ClientError(code, ""), of: request, mayHaveHappened: mayHaveHappened)
    }

    @Test(arguments: ClientError.Code.allCases)
    func `what only reads is refused, whatever the error`(code: ClientError.Code) {
        let reads: [ChaosCall.Request] = [.describe(isConfirmed: true), .encrypt, .decrypt(of: 0), .list, .getPolicy]
        for request in reads {
            #expect(outcome(code, request, mayHaveHappened: true) == .refused(code: code.rawValue))
        }
    }

    @Test(arguments: [ClientError.Code.outcomeUnknown, .internalError, .corruption], [true, false])
    func `a change whose node failed in the middle is unknown`(code: ClientError.Code, mayHaveHappened: Bool) {
        #expect(
            outcome(code, .rotate(expected: 0), mayHaveHappened: mayHaveHappened) == .unknown(code: code.rawValue))
    }

    @Test(arguments: [ClientError.Code.alreadyExists, .generationConflict, .invalidKeyState])
    func `what the log decided is refused for all attempts`(code: ClientError.Code) {
        #expect(outcome(code, .create(tags: [:]), mayHaveHappened: true) == .refused(code: code.rawValue))
    }

    @Test(arguments: [ClientError.Code.deadlineExceeded, .unreachable, .cancelled, .noLeader, .permissionDenied])
    func `any other refusal of a change is certain only if no attempt is left open`(code: ClientError.Code) {
        #expect(outcome(code, .disable, mayHaveHappened: false) == .refused(code: code.rawValue))
        #expect(outcome(code, .disable, mayHaveHappened: true) == .unknown(code: code.rawValue))
    }
}
