import ClientAPI
import FrontDoors
import KeyModel
import KeyOperations
import Testing
import UnaryGRPC

@Suite("Error mapping")
struct ErrorMappingTests {
    @Test(
        "Every code of the service has a gRPC code and comes back as itself at the client",
        arguments: KMSError.Code.allCases)
    func rows(code: KMSError.Code) throws {
        let status = KMSError(code, "what was wrong", cause: KMSError(.internalError, "not for callers")).grpcStatus
        #expect(status.code != .ok && status.code != .unknown && status.code != .cancelled)
        #expect(
            status.message == "what was wrong" && !status.metadata.values.contains { $0.contains("not for callers") })
        let error = ClientError(status)
        #expect(error.code.rawValue == code.rawValue && error.message == "what was wrong")
        #expect(ClientError.Code(rawValue: code.rawValue) != nil)
    }

    @Test("A client that does not know the code still gets one of the same kind", arguments: KMSError.Code.allCases)
    func foreign(code: KMSError.Code) {
        var status = KMSError(code, "x").grpcStatus
        status.metadata[ErrorMetadata.code] = "from-the-future"
        let retry: Set<ClientError.Code> = [.unreachable, .overloaded]
        #expect(retry.contains(ClientError(status).code) == [.unavailable, .resourceExhausted].contains(status.code))
    }

    @Test("A sovereignty refusal carries the endpoints that are allowed")
    func endpoints() {
        let error = KMSError(.sovereigntyViolation, "no", cause: AllowedEndpoints(endpoints: ["a:1", "b:2"]))
        #expect(ClientError(error.grpcStatus).endpoints == ["a:1", "b:2"])
        #expect(ClientError(KMSError(.sovereigntyViolation, "no").grpcStatus).endpoints == [])
    }
}
