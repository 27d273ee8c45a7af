import EtcdClient

/// Puts and reads of a few keys of etcd from several clients: what the order of answers is judged by.
struct RegistersLoad: LoadPlayer {
    private let load: Load
    private let context: LoadContext
    private let regions: [String]

    init(_ load: Load, _ context: LoadContext) {
        self.load = load
        self.context = context
        regions = context.regions(of: load).filter { !context.ground.etcdEndpoints(in: $0).isEmpty }
    }

    func run() async {
        let count = regions.count * max(1, load.clients)
        await withDiscardingTaskGroup { group in
            for region in regions {
                for _ in 0..<max(1, load.clients) {
                    group.addTask { await runClient(context.newClient(), region, load.rate / Double(count)) }
                }
            }
        }
    }

    private func runClient(_ client: Int, _ region: String, _ rate: Double) async {
        let ground = context.ground
        guard
            let caller = try? EtcdCaller(
                endpoints: ground.etcdEndpoints(in: region), eventLoop: ground.eventLoop(in: region))
        else { return }
        var randomness = context.randomness(UInt64(client))
        await context.repeatCalls(rate) { number in
            let key = LoadNames.register(load.placement, Int.random(in: 0..<max(1, load.keys), using: &randomness))
            let asked = Asked(.registers, client: client, region: region, subject: key)
            if randomness.chance(50) {
                // No value is written twice, by whomever.
                let value = UInt64(client) << 32 | UInt64(number)
                await context.etcdCall(asked, .put(value: value)) { () async throws(EtcdError) in
                    try await caller.put(key, "\(value)", isRepeatable: false)
                }
            } else {
                await context.etcdCall(asked, .get) { () async throws(EtcdError) in try await caller.get(key) }
            }
        }
        await caller.close()
    }
}
