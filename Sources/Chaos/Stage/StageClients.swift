import ClientAPI
import NIOCore
import NIOPosix
import Synchronization
import UnaryGRPC

/// The clients of a run: an event loop for each region inside the network of that region's clients, so that each socket
/// is made there, and one at the harness's own desk.
final class StageClients: Sendable {
    private struct Place: Sendable {
        let group: MultiThreadedEventLoopGroup
        let host: NetworkHost?
    }

    let desk: any EventLoop
    private let deskPlace: Place
    private let places: [String: Place]
    private let opened = Mutex<[ClavigerClient]>([])
    private let isClosed = Mutex(false)

    /// Starts a thread for each region and one more.
    init(regions: [String], on network: StageNetwork) {
        deskPlace = Place(group: MultiThreadedEventLoopGroup(numberOfThreads: 1), host: network.deskHost)
        desk = deskPlace.group.next()
        places = Dictionary(
            uniqueKeysWithValues: regions.map { region in
                let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
                return (region, Place(group: group, host: network.host(of: .clients(region))))
            })
    }

    /// Moves each thread to where its clients are. To be done before any socket is made.
    func enter() async throws {
        for place in Array(places.values) + [deskPlace] {
            guard let host = place.host else { continue }
            try await place.group.next().submit { try host.enterForGood() }.get()
        }
    }

    /// The loop of a region's clients; the desk's for a region that has none.
    func loop(in region: String) -> any EventLoop { places[region]?.group.next() ?? desk }

    /// A client with its own connections.
    func client(
        _ configuration: ClientConfiguration, on loop: any EventLoop
    ) async throws(ClientError) -> ClavigerClient {
        let client = try await ClavigerClient(configuration, eventLoop: loop)
        opened.withLock { $0.append(client) }
        return client
    }

    /// Ends all clients and threads. May be called twice.
    func close() async {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        let clients = opened.withLock { clients in
            let taken = clients
            clients = []
            return taken
        }
        for client in clients { await client.close() }
        for place in Array(places.values) + [deskPlace] { try? await place.group.shutdownGracefully() }
    }
}
