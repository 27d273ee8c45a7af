import ClientAPI
import NIOCore

/// Encrypts at each holder by itself, without failover: shows what each of them serves.
struct ProbeLoad: LoadPlayer {
    private let load: Load
    private let context: LoadContext
    private let client: Int

    init(_ load: Load, _ context: LoadContext) {
        self.load = load
        self.context = context
        client = context.newClient()
    }

    func run() async {
        let prober = NodeProber(
            context: context, load: .probe, placement: load.placement, key: LoadNames.probe(load.placement),
            client: client)
        await context.pace(load.rate) { number in
            let nodes = context.ground.nodes(of: load.placement)
            guard !nodes.isEmpty else { return }
            await prober.probe(nodes[number % nodes.count])
        }
    }
}

/// One encryption at exactly one node, asked from that node's region.
struct NodeProber: Sendable {
    let context: LoadContext
    let load: Load.Kind
    let placement: String
    let key: String
    let client: Int

    /// Nil if there was no way to ask.
    @discardableResult
    func probe(_ node: String) async -> ChaosCall.Outcome? {
        let region = context.region(ofNode: node, of: placement)
        guard let connection = try? await context.client(for: load.rawValue, in: region) else { return nil }
        let asked = Asked(load, client: client, region: region, subject: key, node: node)
        return await context.call(asked, .encrypt) { (_) async throws(ClientError) in
            Answered(
                try await connection.encrypt(
                    key: key, plaintext: [UInt8](repeating: 0x2A, count: 32), at: node, timeout: .seconds(1)))
        }
    }
}
