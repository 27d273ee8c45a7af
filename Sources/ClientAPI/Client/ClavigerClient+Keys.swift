package import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ClavigerClient {
    /// Makes a key. `algorithm` empty means the default one.
    package func createKey(
        _ name: String, algorithm: String = "", tags: [String: String] = [:], idempotencyKey: [UInt8]? = nil,
        timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_KeyResponse {
        var request = Claviger_V1_CreateKeyRequest()
        request.name = name
        request.algorithm = algorithm
        request.tags = tags
        request.idempotencyKey = Data(idempotencyKey ?? Self.newIdempotencyKey())
        let route = try route(toKey: name, isWrite: true)
        return try await send(KeyMethod.createKey, request, route: route, mayHedge: false, timeout: timeout)
    }

    /// The key as a holder has it, or with `confirmed` as a quorum has it now.
    package func describeKey(
        _ name: String, confirmed: Bool = false, token: [UInt8] = [], timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_Key {
        var request = Claviger_V1_DescribeKeyRequest()
        request.confirmed = confirmed
        request.name = name
        request.consistencyToken = Data(token)
        let route = try route(toKey: name, isWrite: false)
        let answer: Claviger_V1_KeyResponse = try await send(
            KeyMethod.describeKey, request, route: route, mayHedge: true, timeout: timeout)
        return answer.key
    }

    /// One page of keys. `prefix` names at least the placement: `eu/` or `eu/acme/`.
    package func listKeys(
        prefix: String, pageSize: UInt32 = 100, pageToken: String = "", token: [UInt8] = [], timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_ListKeysResponse {
        var request = Claviger_V1_ListKeysRequest()
        request.prefix = prefix
        request.pageSize = pageSize
        request.pageToken = pageToken
        request.consistencyToken = Data(token)
        let route = try route(toKey: prefix, isWrite: false)
        return try await send(KeyMethod.listKeys, request, route: route, mayHedge: true, timeout: timeout)
    }

    /// Makes a new version the primary one. `expectedGeneration` 0 means whatever it is.
    package func rotateKey(
        _ name: String, expectedGeneration: UInt64 = 0, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_KeyResponse {
        var request = Claviger_V1_RotateKeyRequest()
        request.name = name
        request.expectedGeneration = expectedGeneration
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        let route = try route(toKey: name, isWrite: true)
        return try await send(KeyMethod.rotateKey, request, route: route, mayHedge: false, timeout: timeout)
    }

    /// Stops all use of a key. `expectedGeneration` 0 means whatever it is.
    package func disableKey(
        _ name: String, expectedGeneration: UInt64 = 0, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_KeyResponse {
        var request = Claviger_V1_ChangeKeyRequest()
        request.name = name
        request.expectedGeneration = expectedGeneration
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        let route = try route(toKey: name, isWrite: true)
        return try await send(KeyMethod.disableKey, request, route: route, mayHedge: false, timeout: timeout)
    }

    /// Allows use of a key again. `expectedGeneration` 0 means whatever it is.
    package func enableKey(
        _ name: String, expectedGeneration: UInt64 = 0, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_KeyResponse {
        var request = Claviger_V1_ChangeKeyRequest()
        request.name = name
        request.expectedGeneration = expectedGeneration
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        let route = try route(toKey: name, isWrite: true)
        return try await send(KeyMethod.enableKey, request, route: route, mayHedge: false, timeout: timeout)
    }

    /// Replaces all tags.
    package func setKeyTags(
        _ name: String, tags: [String: String], expectedGeneration: UInt64 = 0, timeout: TimeAmount? = nil
    ) async throws(ClientError) -> Claviger_V1_KeyResponse {
        var request = Claviger_V1_SetKeyTagsRequest()
        request.name = name
        request.tags = tags
        request.expectedGeneration = expectedGeneration
        request.idempotencyKey = Data(Self.newIdempotencyKey())
        let route = try route(toKey: name, isWrite: true)
        return try await send(KeyMethod.setKeyTags, request, route: route, mayHedge: false, timeout: timeout)
    }
}
