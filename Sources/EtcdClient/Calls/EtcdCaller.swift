package import NIOCore
import SwiftProtobuf
import Synchronization
package import UnaryGRPC

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A client of an etcd cluster without TLS that goes on to the next member when one fails: a second for each, five in
/// all. It stays with the member that answered last.
package final class EtcdCaller: Sendable {
    package static let attemptTimeout = TimeAmount.seconds(1)
    package static let timeout = TimeAmount.seconds(5)

    /// `host:port` of the members, in the order in which they were given.
    package let endpoints: [String]
    private let clients: [UnaryClient]
    /// Place of the member that is asked first.
    private let preferred = Atomic<Int>(0)

    /// Connects when the first call is made. Throws `TransportError` if there is no member.
    package init(
        endpoints: [(host: String, port: Int)], eventLoop: any EventLoop
    ) throws(TransportError) {
        guard !endpoints.isEmpty else { throw TransportError("a cluster has at least one member") }
        var configuration = UnaryClientConfiguration()
        configuration.connectTimeout = .milliseconds(800)
        configuration.maximumBackoff = .seconds(1)
        configuration.staysWarm = true
        var clients: [UnaryClient] = []
        for endpoint in endpoints {
            clients.append(
                try UnaryClient(
                    target: .cleartext(host: endpoint.host, port: endpoint.port), configuration: configuration,
                    eventLoop: eventLoop))
        }
        self.clients = clients
        self.endpoints = endpoints.map { "\($0.host):\($0.port)" }
    }

    /// Writes a value.
    ///
    /// - Parameter isRepeatable: whether the same put may be done twice. If not, a member that may have done it is the
    ///   last that is asked: another one's value could have been written in between.
    package func put(_ key: String, _ value: String, isRepeatable: Bool) async throws(EtcdError) -> EtcdReply {
        var request = Etcdserverpb_PutRequest()
        request.key = Data(key.utf8)
        request.value = Data(value.utf8)
        let (reply, endpoint): (Etcdserverpb_PutResponse, String) = try await call(
            "/etcdserverpb.KV/Put", request, isRepeatable: isRepeatable)
        let revision = UInt64(clamping: reply.header.revision)
        return EtcdReply(value: value, modified: revision, revision: revision, endpoint: endpoint)
    }

    /// Reads a value as a quorum has it now.
    package func get(_ key: String) async throws(EtcdError) -> EtcdReply {
        var request = Etcdserverpb_RangeRequest()
        request.key = Data(key.utf8)
        let (reply, endpoint): (Etcdserverpb_RangeResponse, String) = try await call(
            "/etcdserverpb.KV/Range", request, isRepeatable: true)
        let found = reply.kvs.first
        return EtcdReply(
            value: found.map { String(decoding: $0.value, as: UTF8.self) },
            modified: UInt64(clamping: found?.modRevision ?? 0), revision: UInt64(clamping: reply.header.revision),
            endpoint: endpoint)
    }

    /// How one member is, asked of itself within a second.
    package func status(of place: Int) async throws(EtcdError) -> EtcdMember {
        guard clients.indices.contains(place) else {
            throw EtcdError(.notFound, "there is no member \(place)", mayHaveHappened: false)
        }
        do throws(GRPCStatus) {
            let bytes = try await clients[place].call(
                "/etcdserverpb.Maintenance/Status", ByteBuffer(), deadline: .now() + Self.attemptTimeout)
            let reply: Etcdserverpb_StatusResponse = try Self.decoded(bytes)
            return EtcdMember(id: reply.header.memberID, leader: reply.leader)
        } catch {
            throw EtcdError(error.code, error.message, mayHaveHappened: false)
        }
    }

    /// Ends all connections.
    package func close() async { for client in clients { await client.close() } }

    // MARK: - One call

    private func call<Response: Message>(
        _ method: String, _ request: some Message, isRepeatable: Bool
    ) async throws(EtcdError) -> (Response, endpoint: String) {
        let bytes: [UInt8]
        do {
            bytes = try request.serializedBytes()
        } catch {
            throw EtcdError(.internal, "the request cannot be encoded", mayHaveHappened: false)
        }
        let deadline = NIODeadline.now() + Self.timeout
        let first = preferred.load(ordering: .relaxed)
        var asked = 0
        var mayHaveHappened = false
        while true {
            let place = (first + asked) % clients.count
            let failure: GRPCStatus
            do throws(GRPCStatus) {
                let reply = try await clients[place].call(
                    method, ByteBuffer(bytes: bytes), deadline: min(deadline, .now() + Self.attemptTimeout))
                preferred.store(place, ordering: .relaxed)
                return (try Self.decoded(reply), endpoints[place])
            } catch {
                failure = error
            }
            asked += 1
            if failure.wasProcessed { mayHaveHappened = true }
            let isOver = NIODeadline.now() >= deadline || Task.isCancelled
            guard Self.isElsewhere(failure.code), isRepeatable || !failure.wasProcessed, !isOver else {
                preferred.store((place + 1) % clients.count, ordering: .relaxed)
                throw EtcdError(failure.code, failure.message, mayHaveHappened: mayHaveHappened)
            }
            // All were asked: a moment, so that refused connections do not become a storm.
            if asked % clients.count == 0 { try? await Task.sleep(for: .milliseconds(50)) }
        }
    }

    /// Whether another member may do better. A proposal that Raft dropped is `unknown` to etcd.
    private static func isElsewhere(_ code: GRPCCode) -> Bool {
        switch code {
        case .unavailable, .deadlineExceeded, .cancelled, .resourceExhausted, .unknown: true
        default: false
        }
    }

    private static func decoded<Response: Message>(_ bytes: ByteBuffer) throws(GRPCStatus) -> Response {
        do {
            return try Response(serializedBytes: Array(bytes.readableBytesView))
        } catch {
            throw GRPCStatus(.internal, "the reply cannot be decoded")
        }
    }
}
