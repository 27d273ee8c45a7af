import NIOCore
import SwiftProtobuf
import UnaryGRPC

/// The shared state of a client: map, connections, refresh. Confined to its loop.
final class ClientCore {
    let configuration: ClientConfiguration
    let eventLoop: any EventLoop
    private var map: FederationMap
    private var isLearned = false
    private var links: [ClientEndpoint: NodeLink] = [:]
    private var waiting: [() -> Void] = []
    private var isRefreshing = false
    private var isRefreshPlanned = false
    private var isClosed = false

    init(configuration: ClientConfiguration, eventLoop: any EventLoop) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        map = FederationMap(configured: configuration.endpoints)
    }

    /// The links to ask for `route`, best first and avoided ones last. Learns the federation first if the route needs
    /// it.
    func withCandidates(_ route: CallRoute, _ body: @escaping (Result<[NodeLink], ClientError>) -> Void) {
        guard !isClosed else { return body(.failure(ClientError(.cancelled, "the client is closed"))) }
        let needsMap = if case .anywhere = route { false } else { true }
        guard needsMap, !isLearned else { return body(found(route)) }
        waiting.append { [weak self] in
            guard let self else { return body(.failure(ClientError(.cancelled, "the client is closed"))) }
            body(
                self.isLearned
                    ? self.found(route) : .failure(ClientError(.unreachable, "no node describes the federation")))
        }
        refresh()
    }

    private func found(_ route: CallRoute) -> Result<[NodeLink], ClientError> {
        guard let endpoints = map.candidates(for: route, preferring: configuration.preferredRegions) else {
            refreshSoon()
            return .failure(ClientError(.invalidRequest, "no such placement"))
        }
        guard !endpoints.isEmpty else {
            refreshSoon()
            return .failure(ClientError(.unreachable, "no node that may serve this is known"))
        }
        do {
            let links = try endpoints.map { try link(to: $0) }
            return .success(links.filter { !$0.isAvoided } + links.filter(\.isAvoided))
        } catch {
            return .failure(ClientError(.internalError, "cannot set up a connection: \(error)"))
        }
    }

    private func link(to endpoint: ClientEndpoint) throws(TransportError) -> NodeLink {
        if let known = links[endpoint] { return known }
        let new = try NodeLink(endpoint: endpoint, configuration: configuration, eventLoop: eventLoop)
        links[endpoint] = new
        new.client.warmUp()
        return new
    }

    // MARK: - Learning

    /// At most one refresh in a fifth of a second.
    func refreshSoon() {
        guard !isRefreshPlanned, !isClosed else { return }
        isRefreshPlanned = true
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(200)) { [weak self] in
            self?.isRefreshPlanned = false
            self?.refresh()
        }
    }

    func startRefreshing() {
        refresh()
        eventLoop.assumeIsolated().scheduleTask(in: configuration.refreshInterval) { [weak self] in
            if let self, !self.isClosed { self.startRefreshing() }
        }
    }

    private func refresh() {
        guard !isRefreshing, !isClosed else { return }
        isRefreshing = true
        let request = CallRace.Request(
            method: FederationMethod.describe, message: ByteBuffer(), route: .anywhere, mayHedge: true,
            deadline: .now() + .seconds(3))
        CallRace(core: self, request: request) { [weak self] in self?.refreshed($0) }.start()
    }

    private func refreshed(_ result: Result<ByteBuffer, ClientError>) {
        isRefreshing = false
        if case .success(let message) = result,
            let answer = try? Claviger_V1_DescribeFederationResponse(serializedBytes: Array(message.readableBytesView)),
            !answer.nodes.isEmpty
        {
            adopt(FederationMap(answer, configured: configuration.endpoints))
        }
        let resumed = waiting
        waiting = []
        for body in resumed { body() }
    }

    private func adopt(_ new: FederationMap) {
        map = new
        isLearned = true
        let kept = Set(new.nodes).union(configuration.endpoints)
        for (endpoint, link) in links where !kept.contains(endpoint) {
            link.close()
            links[endpoint] = nil
        }
        for endpoint in new.nodes { _ = try? link(to: endpoint) }
    }

    func close() {
        isClosed = true
        for link in links.values { link.close() }
        links = [:]
        let resumed = waiting
        waiting = []
        for body in resumed { body() }
    }
}
