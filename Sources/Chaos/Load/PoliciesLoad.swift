import ClientAPI
import NIOCore

/// Puts and reads policies that allow somebody who does not exist to read.
struct PoliciesLoad: LoadPlayer {
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
        await context.pace(load.rate) { number in
            let place = number % regions.count
            guard let client = try? await context.client(for: "policies", in: regions[place]) else { return }
            var randomness = context.randomness(UInt64(clients[place]) << 40 | UInt64(number))
            let name = "chaos-\(Int.random(in: 0..<max(1, load.keys), using: &randomness))"
            let asked = Asked(
                .policies, client: clients[place], region: regions[place],
                subject: LoadNames.policy(load.placement, name))
            if randomness.chance(50) {
                await put(name, number, asked, client)
            } else {
                await get(name, asked, client)
            }
        }
    }

    private func put(_ name: String, _ number: Int, _ asked: Asked, _ client: ClavigerClient) async {
        let document = Self.document(number, trustDomain: context.ground.trustDomain)
        await context.call(asked, .putPolicy(digest: Self.digest(document))) { (_) async throws(ClientError) in
            let answer = try await client.putPolicy(
                placement: load.placement, name: name, document: document, timeout: .seconds(10))
            return Answered(
                .policy(digest: Self.digest(answer.policy.document), generation: answer.policy.generation),
                revision: Answered.revision(Array(answer.consistencyToken)))
        }
    }

    private func get(_ name: String, _ asked: Asked, _ client: ClavigerClient) async {
        await context.call(asked, .getPolicy) { (_) async throws(ClientError) in
            let policy = try await client.getPolicy(placement: load.placement, name: name, timeout: .seconds(5))
            return Answered(.policy(digest: Self.digest(policy.document), generation: policy.generation))
        }
    }

    /// A text that no other put has.
    static func document(_ number: Int, trustDomain: String) -> String {
        """
        statements:
          - id: chaos-\(number)
            effect: allow
            principals: ["spiffe://\(trustDomain)/nobody/chaos"]
            actions: [describeKey]
            keys: {tenant: \(LoadNames.tenant), name: "none-\(number)"}
        """
    }

    /// FNV-1a.
    static func digest(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
