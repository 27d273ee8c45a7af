import FoundationEssentials
package import NIOCore
import NIOPosix
import SwiftProtobuf
import UnaryGRPC

/// A KMS v2 provider as kube-apiserver calls it: gRPC over a unix socket, authority `localhost`, three seconds for each
/// call.
package struct KMSSocket: Sendable {
    /// The API server's own limit for a call unless it is configured otherwise.
    package static let timeout = TimeAmount.seconds(3)

    package let placement: String
    private let client: UnaryClient

    /// - Parameter eventLoop: where its connection is served; one of the process's own if nil.
    package init(placement: String, path: String, eventLoop: (any EventLoop)? = nil) throws {
        self.placement = placement
        client = try UnaryClient(
            target: .unixSocket(path: path), eventLoop: eventLoop ?? MultiThreadedEventLoopGroup.singleton.any())
    }

    /// Version, health and the id of the key that encrypts now.
    package func status() async throws -> V2_StatusResponse { try await call("Status", V2_StatusRequest()) }

    /// Protects a seed.
    ///
    /// - Parameter uid: names the call in the plugin's log and the nodes' records; a new one if nil.
    package func encrypt(_ plaintext: [UInt8], uid: String? = nil) async throws -> V2_EncryptResponse {
        var request = V2_EncryptRequest()
        request.plaintext = Data(plaintext)
        request.uid = uid ?? Self.uid()
        return try await call("Encrypt", request)
    }

    /// Gives back what an answer of `encrypt` protects.
    ///
    /// - Parameter uid: as that of `encrypt`.
    package func decrypt(_ sealed: V2_EncryptResponse, uid: String? = nil) async throws -> [UInt8] {
        var request = V2_DecryptRequest()
        request.ciphertext = sealed.ciphertext
        request.keyID = sealed.keyID
        request.annotations = sealed.annotations
        request.uid = uid ?? Self.uid()
        let answer: V2_DecryptResponse = try await call("Decrypt", request)
        return Array(answer.plaintext)
    }

    /// Ends the connection.
    package func close() async { await client.close() }

    private func call<Request: Message, Response: Message>(_ method: String, _ request: Request) async throws
        -> Response
    {
        let bytes: [UInt8] = try request.serializedBytes()
        let reply = try await client.call(
            "/v2.KeyManagementService/\(method)", ByteBuffer(bytes: bytes), deadline: .now() + Self.timeout)
        return try Response(serializedBytes: Array(reply.readableBytesView))
    }

    /// The API server sends a new one with each call.
    private static func uid() -> String { UUID().uuidString }
}
