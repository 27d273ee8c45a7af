import ClientAPI
import EtcdClient
import NIOCore

/// Creates keys, each with a name of its own; to etcd puts of keys of their own. Regions take turns.
struct WritesLoad: LoadPlayer {
    private let load: Load
    private let context: LoadContext
    private let regions: [String]
    private let clients: [Int]

    init(_ load: Load, _ context: LoadContext) {
        self.load = load
        self.context = context
        regions = context.regions(of: load)
        clients = regions.map { _ in context.newClient() }
    }

    func run() async {
        guard !regions.isEmpty else { return }
        if context.isEtcd(load) { await runEtcd() } else { await runClaviger() }
    }

    private func runClaviger() async {
        await context.pace(load.rate) { number in
            let place = number % regions.count
            let name = LoadNames.write(load.placement, context.newWrite())
            guard let client = try? await context.client(for: "writes", in: regions[place]) else { return }
            await context.call(asked(place, name), .create(tags: [:])) { (_) async throws(ClientError) in
                Answered(try await client.createKey(name, timeout: .seconds(10)))
            }
        }
    }

    private func runEtcd() async {
        let callers = regions.map {
            try? EtcdCaller(
                endpoints: context.ground.etcdEndpoints(in: $0), eventLoop: context.ground.eventLoop(in: $0))
        }
        await context.pace(load.rate) { number in
            let place = number % regions.count
            guard let caller = callers[place] else { return }
            let value = context.newWrite()
            let name = LoadNames.write(load.placement, value)
            // Nobody else writes there, so to do it twice is to do it once.
            await context.etcdCall(asked(place, name), .put(value: UInt64(value))) { () async throws(EtcdError) in
                try await caller.put(name, "\(value)", isRepeatable: true)
            }
        }
        for caller in callers { await caller?.close() }
    }

    private func asked(_ place: Int, _ name: String) -> Asked {
        Asked(.writes, client: clients[place], region: regions[place], subject: name)
    }
}
