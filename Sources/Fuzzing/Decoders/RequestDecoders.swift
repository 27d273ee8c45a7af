import ClientAPI
import KeyCrypto
import SwiftProtobuf

/// The messages of callers, as a door takes them apart.
enum RequestDecoders {
    static let all = [encrypt, batch, putPolicy, describe]

    private static let encrypt = request("encrypt-request") {
        var request = Claviger_V1_EncryptRequest()
        request.key = "eu/acme/orders"
        request.plaintext = .init(CryptoSamples.plaintext)
        var entry = Claviger_V1_ContextEntry()
        (entry.name, entry.value) = ("purpose", "backup")
        request.context = [entry]
        return request
    } and: { request in
        let pairs = request.context.map { (key: $0.name, value: $0.value) }
        _ = try? EncryptionContext(pairs)
        _ = CiphertextRoute.placement(ofKey: request.key)
    }

    private static let batch = request("batch-request") {
        var item = Claviger_V1_EncryptRequest()
        item.plaintext = .init(CryptoSamples.plaintext)
        var request = Claviger_V1_EncryptBatchRequest()
        request.items = [item, item]
        return request
    }

    private static let putPolicy = request("policy-request") {
        var request = Claviger_V1_PutPolicyRequest()
        (request.placement, request.name, request.document) = ("eu", "orders", "statements: []")
        request.idempotencyKey = .init(ConsensusSamples.hash)
        return request
    }

    /// What a client reads of a federation.
    private static let describe = request("federation-reply") {
        var reply = Claviger_V1_DescribeFederationResponse()
        var region = Claviger_V1_Region()
        region.name = "eu-west"
        reply.regions = [region]
        return reply
    }

    /// Decoded, a message can be encoded again and means the same.
    private static func request<Request: SwiftProtobuf.Message & Equatable>(
        _ name: String, _ sample: @escaping @Sendable () -> Request,
        and further: @escaping @Sendable (Request) throws -> Void = { _ in }
    ) -> FuzzedDecoder {
        FuzzedDecoder(
            name, from: "a caller", shape: .protobuf, isCanonical: false,
            seeds: { [try sample().serializedBytes()] }, decode: { try Request(serializedBytes: $0) },
            encode: { try $0.serializedBytes() }, and: further)
    }
}
