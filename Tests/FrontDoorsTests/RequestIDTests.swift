import Audit
import ClientAPI
import KeyOperations
import NIOCore
import SwiftProtobuf
import Testing
import UnaryGRPC

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Request ids", .serialized, .timeLimit(.minutes(3)))
struct RequestIDTests {
    private func message() throws -> ByteBuffer {
        var request = Claviger_V1_EncryptRequest()
        request.key = "eu/acme/orders"
        request.plaintext = Data([1])
        return ByteBuffer(bytes: try request.serializedBytes() as [UInt8])
    }

    @Test("The record of a named call bears the caller's name for it, that of another one an id of the node's")
    func named() async throws {
        try await DoorNode.run { node in
            let client = try node.client()
            for id in ["c12.1", nil, "not a name"] {
                _ = try await client.call(
                    KeyMethod.encrypt, try message(), deadline: .now() + .seconds(20), requestID: id)
            }
            let ids = try AuditReader.tail(directory: node.auditDirectory, limit: 100).map(\.record)
                .filter { $0.door == "native" }.map(\.requestID)
            #expect(ids.first == "c12.1")
            #expect(ids.count == 3 && Set(ids).count == 3)
            for id in ids.dropFirst() { #expect(id.first == RequestContext.ownMark && id.contains("-")) }
            await client.close()
        }
    }

    @Test("No caller can give a call a name that looks as if the node had chosen it")
    func marked() {
        #expect(RequestContext.ownID("7-1z") == "#7-1z")
        #expect(!RequestID.isValid("\(RequestContext.ownMark)"))
        #expect(!RequestID.isValid(RequestContext.ownID("7-1z")))
    }
}
