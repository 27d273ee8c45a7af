import ClientAPI
import NIOCore

/// The life of a few keys, lived by several clients at a time: what the order of answers is judged by.
struct LifecycleLoad: LoadPlayer {
    private let load: Load
    private let context: LoadContext

    init(_ load: Load, _ context: LoadContext) {
        self.load = load
        self.context = context
    }

    func run() async {
        await context.runClients(of: load) { client, region, rate in await runClient(client, region, rate) }
    }

    private func runClient(_ client: Int, _ region: String, _ rate: Double) async {
        guard let connection = try? await context.client(for: "lifecycle", in: region) else { return }
        var caller = LifecycleCaller(seed: context.seed, client: client, keys: max(1, load.keys))
        await context.repeatCalls(rate) { number in
            let (key, request) = caller.next(number)
            let name = LoadNames.shared(load.placement, key)
            let asked = Asked(.lifecycle, client: client, region: region, subject: name)
            let outcome = await context.call(asked, request) { (_) async throws(ClientError) in
                try await Self.perform(request, on: name, connection)
            }
            caller.saw(outcome, of: key)
        }
    }

    private static func perform(
        _ request: ChaosCall.Request, on name: String, _ client: ClavigerClient
    ) async throws(ClientError) -> Answered {
        switch request {
        case .create(let tags): Answered(try await client.createKey(name, tags: tags, timeout: .seconds(10)))
        case .rotate(let expected):
            Answered(try await client.rotateKey(name, expectedGeneration: expected, timeout: .seconds(10)))
        case .disable: Answered(try await client.disableKey(name, timeout: .seconds(10)))
        case .enable: Answered(try await client.enableKey(name, timeout: .seconds(10)))
        case .setTags(let tags): Answered(try await client.setKeyTags(name, tags: tags, timeout: .seconds(10)))
        case .describe(let isConfirmed):
            Answered(try await client.describeKey(name, confirmed: isConfirmed, timeout: .seconds(5)))
        case .encrypt, .decrypt, .status, .putPolicy, .getPolicy, .list, .put, .get:
            throw ClientError(.unsupported, "this is no call about a key's life")
        }
    }
}
