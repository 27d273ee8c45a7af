package import ClientAPI
import NIOCore
import Synchronization

/// The federation through `ClavigerClient`. The client in use can be replaced while calls run.
package final class ClientUpstream: KeyUpstream {
    private struct State {
        var client: ClavigerClient
        /// Never changes for a federation, so it is asked once.
        var cluster: [UInt8] = []
    }

    private let key: String
    private let state: Mutex<State>

    /// - Parameter key: the full name, `placement/tenant/key`.
    package init(key: String, client: ClavigerClient) {
        self.key = key
        state = Mutex(State(client: client))
    }

    /// Uses another client from now on, and gives the one that was in use until now back: calls may still run on it.
    package func replaceClient(_ new: ClavigerClient) -> ClavigerClient {
        state.withLock { state in
            defer { state.client = new }
            return state.client
        }
    }

    /// Ends all connections.
    package func close() async { await client.close() }

    private var client: ClavigerClient { state.withLock { $0.client } }

    package func describe(
        confirmed: Bool, deadline: ContinuousClock.Instant
    ) async throws(UpstreamError) -> UpstreamKey {
        do throws(ClientError) {
            let cluster = try await cluster(deadline)
            let found = try await client.describeKey(key, confirmed: confirmed, timeout: try Self.left(until: deadline))
            let primary = found.versions.first { $0.number == found.primaryVersion }
            guard let primary, !found.id.isEmpty else {
                throw ClientError(.internalError, "a node describes a key without its primary version")
            }
            return UpstreamKey(
                cluster: cluster, key: Array(found.id), version: primary.number, activatedAt: primary.activated,
                isEnabled: found.enabled && primary.state == .active)
        } catch {
            throw UpstreamError(error)
        }
    }

    package func encrypt(
        _ plaintext: [UInt8], version: UInt32, context: [(key: String, value: String)],
        deadline: ContinuousClock.Instant
    ) async throws(UpstreamError) -> [UInt8] {
        do throws(ClientError) {
            let answer = try await client.encrypt(
                key: key, plaintext: plaintext, version: version, context: Self.dictionary(context),
                timeout: try Self.left(until: deadline))
            guard answer.keyVersion == version else {
                throw ClientError(.internalError, "a node encrypted with another version than the one asked for")
            }
            return Array(answer.ciphertext)
        } catch {
            throw UpstreamError(ofEncrypt: error)
        }
    }

    package func decrypt(
        _ ciphertext: [UInt8], context: [(key: String, value: String)], deadline: ContinuousClock.Instant
    ) async throws(UpstreamError) -> [UInt8] {
        do throws(ClientError) {
            // The key is named, so that a ciphertext of another key that this identity may use is refused.
            let answer = try await client.decrypt(
                ciphertext: ciphertext, context: Self.dictionary(context), key: key,
                timeout: try Self.left(until: deadline))
            return Array(answer.plaintext)
        } catch {
            throw UpstreamError(error)
        }
    }

    private func cluster(_ deadline: ContinuousClock.Instant) async throws(ClientError) -> [UInt8] {
        let known = state.withLock { $0.cluster }
        guard known.isEmpty else { return known }
        let answer = try await client.describeFederation(timeout: try Self.left(until: deadline))
        guard !answer.clusterID.isEmpty else { throw ClientError(.unreachable, "the federation has no id yet") }
        let cluster = Array(answer.clusterID.utf8)
        state.withLock { $0.cluster = cluster }
        return cluster
    }

    private static func dictionary(_ context: [(key: String, value: String)]) -> [String: String] {
        Dictionary(context.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    private static func left(until deadline: ContinuousClock.Instant) throws(ClientError) -> TimeAmount {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { throw ClientError(.deadlineExceeded, "there is no time left") }
        return TimeAmount(left)
    }
}
