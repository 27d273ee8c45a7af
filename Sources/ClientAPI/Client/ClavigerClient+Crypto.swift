package import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ClavigerClient {
    /// Encrypts with the key's primary version, or with exactly `version`. `context` must be brought again to decrypt.
    package func encrypt(
        key: String, plaintext: [UInt8], version: UInt32 = 0, context: [String: String] = [:], token: [UInt8] = [],
        timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_EncryptResponse {
        var request = Claviger_V1_EncryptRequest()
        request.key = key
        request.plaintext = Data(plaintext)
        request.keyVersion = version
        request.context = Self.entries(context)
        request.consistencyToken = Data(token)
        let route = try route(toKey: key, isWrite: false)
        return try await send(KeyMethod.encrypt, request, route: route, mayHedge: true, timeout: timeout)
    }

    /// Encrypts at exactly one node, which is asked once: shows what this node serves, not what the federation does.
    package func encrypt(
        key: String, plaintext: [UInt8], at node: String, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_EncryptResponse {
        var request = Claviger_V1_EncryptRequest()
        request.key = key
        request.plaintext = Data(plaintext)
        return try await send(
            KeyMethod.encrypt, request, route: .node(node), mayHedge: false, timeout: timeout, asksOnce: true)
    }

    /// Decrypts at a holder of the placement that the ciphertext names.
    package func decrypt(
        ciphertext: [UInt8], context: [String: String] = [:], key: String = "", token: [UInt8] = [],
        timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_DecryptResponse {
        var request = Claviger_V1_DecryptRequest()
        request.ciphertext = Data(ciphertext)
        request.context = Self.entries(context)
        request.key = key
        request.consistencyToken = Data(token)
        let route = try route(toCiphertext: ciphertext)
        return try await send(KeyMethod.decrypt, request, route: route, mayHedge: true, timeout: timeout)
    }

    /// Encrypts many plaintexts under keys of one placement. Each item has its own status.
    package func encryptBatch(
        _ items: [Claviger_V1_EncryptRequest], token: [UInt8] = [], timeout: TimeAmount? = nil
    ) async throws(ClientError) -> [Claviger_V1_EncryptBatchResponse.Item] {
        guard let first = items.first else { return [] }
        let route = try route(toKey: first.key, isWrite: false)
        for item in items where try self.route(toKey: item.key, isWrite: false) != route {
            throw ClientError(.invalidRequest, "the keys of a batch are of one placement")
        }
        var request = Claviger_V1_EncryptBatchRequest()
        request.items = items
        request.consistencyToken = Data(token)
        let answer: Claviger_V1_EncryptBatchResponse = try await send(
            KeyMethod.encryptBatch, request, route: route, mayHedge: true, timeout: timeout)
        return answer.items
    }

    /// Decrypts many ciphertexts of one placement. Each item has its own status.
    package func decryptBatch(
        _ items: [Claviger_V1_DecryptRequest], token: [UInt8] = [], timeout: TimeAmount? = nil
    ) async throws(ClientError) -> [Claviger_V1_DecryptBatchResponse.Item] {
        guard let first = items.first else { return [] }
        let route = try route(toCiphertext: Array(first.ciphertext))
        for item in items where try self.route(toCiphertext: Array(item.ciphertext)) != route {
            throw ClientError(.invalidRequest, "the ciphertexts of a batch are of one placement")
        }
        var request = Claviger_V1_DecryptBatchRequest()
        request.items = items
        request.consistencyToken = Data(token)
        let answer: Claviger_V1_DecryptBatchResponse = try await send(
            KeyMethod.decryptBatch, request, route: route, mayHedge: true, timeout: timeout)
        return answer.items
    }

    /// A context as it travels, in one order.
    package static func entries(_ context: [String: String]) -> [Claviger_V1_ContextEntry] {
        context.sorted { $0.key < $1.key }.map { pair in
            var entry = Claviger_V1_ContextEntry()
            entry.name = pair.key
            entry.value = pair.value
            return entry
        }
    }
}
