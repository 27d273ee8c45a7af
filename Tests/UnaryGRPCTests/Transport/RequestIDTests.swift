import NIOCore
import NIOHPACK
import Testing
import UnaryGRPC

@Suite(.timeLimit(.minutes(2))) struct RequestIDTests {
    @Test func `a call's own name arrives, and a call without one has none`() async throws {
        let test = try await TestServer()
        let client = try test.client()
        let named = try await client.call("/test.Echo/RequestID", ByteBuffer(), deadline: soon(), requestID: "a-1.B_:9")
        #expect(String(buffer: named) == "a-1.B_:9")
        let unnamed = try await client.call("/test.Echo/RequestID", ByteBuffer(), deadline: soon())
        #expect(String(buffer: unnamed) == "none")
        await client.close()
        await test.server.shutdown()
    }

    @Test(arguments: ["", "a b", "a\r\nx: y", "é", "a/b", String(repeating: "a", count: 65)])
    func `a name that may not be written down is not sent`(name: String) async throws {
        #expect(!RequestID.isValid(name))
        let test = try await TestServer()
        let client = try test.client()
        let reply = try await client.call("/test.Echo/RequestID", ByteBuffer(), deadline: soon(), requestID: name)
        #expect(String(buffer: reply) == "none")
        await client.close()
        await test.server.shutdown()
    }

    private func head(_ ids: [String]) throws -> RequestHead {
        try RequestHead(
            HPACKHeaders(
                [(":method", "POST"), (":path", "/a/b"), ("content-type", "application/grpc"), ("te", "trailers")]
                    + ids.map { (RequestID.header, $0) }))
    }

    @Test func `a bad name, or two, are ignored and never an error`() throws {
        #expect(try head(["c12.1"]).requestID == "c12.1")
        #expect(try head([String(repeating: "a", count: 64)]).requestID?.count == 64)
        // The last two look like the ids that nodes choose.
        for ids in [
            [], [""], ["a b"], [String(repeating: "a", count: 65)], ["a", "b"], ["a", "a"], ["a", "b", "c"], ["#7-1z"],
            ["#"],
        ] {
            #expect(try head(ids).requestID == nil)
            #expect(try head(ids).path == "/a/b")
        }
    }
}
