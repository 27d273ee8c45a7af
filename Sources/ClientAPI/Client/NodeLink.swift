import NIOCore
import SwiftProtobuf
import UnaryGRPC

/// One node as a client sees it: its connection, and whether it is left alone for now. Confined to the client's loop.
final class NodeLink {
    let endpoint: ClientEndpoint
    let client: UnaryClient
    private let avoidance: TimeAmount
    private let probeTimeout: TimeAmount
    private var failures = 0
    private var probe: Scheduled<Void>?

    init(
        endpoint: ClientEndpoint, configuration: ClientConfiguration, eventLoop: any EventLoop
    ) throws(TransportError) {
        self.endpoint = endpoint
        avoidance = configuration.avoidance
        probeTimeout = configuration.attemptTimeout
        let trustDomain = configuration.trustDomain
        client = try UnaryClient(
            target: .tls(
                host: endpoint.host, port: endpoint.port, credentials: configuration.credentials,
                accepts: { endpoint.accepts($0, trustDomain: trustDomain) }),
            configuration: configuration.connection, eventLoop: eventLoop)
    }

    var isAvoided: Bool { failures > 0 }

    func succeeded() {
        failures = 0
        probe?.cancel()
        probe = nil
    }

    /// Left alone until a probe in the background is answered, so that no caller pays for finding out.
    func failed() {
        failures = min(failures + 1, 4)
        scheduleProbe()
    }

    private func scheduleProbe() {
        guard probe == nil else { return }
        let base = avoidance.nanoseconds << Int64(failures - 1)
        let wait = TimeAmount.nanoseconds(base / 2 + Int64.random(in: 0...max(0, base / 2)))
        probe = client.eventLoop.assumeIsolated().scheduleTask(in: wait) { [weak self] in self?.sendProbe() }
    }

    private func sendProbe() {
        let bound = NIOLoopBound(self, eventLoop: client.eventLoop)
        client.call(
            "/claviger.v1.FederationService/NodeStatus", ByteBuffer(), deadline: .now() + probeTimeout
        ) { result in
            bound.value.probed(result)
        }
    }

    private func probed(_ result: Result<ByteBuffer, GRPCStatus>) {
        probe = nil
        if case .failure(let status) = result, AttemptVerdict(status) == .elsewhereAndAvoid {
            failures = min(failures + 1, 4)
            scheduleProbe()
        } else {
            failures = 0
        }
    }

    func close() {
        probe?.cancel()
        probe = nil
        let client = client
        Task { await client.close() }
    }
}
