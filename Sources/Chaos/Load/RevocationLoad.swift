import ClientAPI
import NIOCore
import Synchronization

/// Disables a key that every holder is asked to use all the time, waits until none serves it, enables it, waits until
/// all do, and begins again about every two seconds.
final class RevocationLoad: LoadPlayer {
    /// Probes of each node in a second.
    private static let probeRate = 50.0
    /// Longest wait for all nodes to say the same.
    private static let patience = Duration.seconds(5)
    private static let period = Duration.seconds(2)

    /// What a node did with the latest of its probes.
    private struct Seen {
        var begin: Int64
        var isServed: Bool
    }

    private let load: Load
    private let context: LoadContext
    private let prober: NodeProber
    private let client: Int
    private let seen = Mutex<[String: Seen]>([:])

    init(_ load: Load, _ context: LoadContext) {
        self.load = load
        self.context = context
        client = context.newClient()
        prober = NodeProber(
            context: context, load: .revocation, placement: load.placement, key: LoadNames.revoked(load.placement),
            client: context.newClient())
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.context.pace(Self.probeRate) { _ in await self.probeAll() } }
            group.addTask { await self.revokeAndAllow() }
        }
    }

    private func probeAll() async {
        await withDiscardingTaskGroup { group in
            for node in context.ground.nodes(of: load.placement) { group.addTask { await self.probe(node) } }
        }
    }

    private func probe(_ node: String) async {
        let begin = context.ground.now
        guard let outcome = await prober.probe(node) else { return }
        let isServed = if case .done = outcome { true } else { false }
        seen.withLock { seen in
            if begin >= seen[node]?.begin ?? .min { seen[node] = Seen(begin: begin, isServed: isServed) }
        }
    }

    private func revokeAndAllow() async {
        guard let region = context.regions(of: load).first,
            let connection = try? await context.client(for: load.kind.rawValue, in: region)
        else { return }
        while !context.isStopped, !Task.isCancelled {
            let begin = ContinuousClock.now
            if await change(.disable, connection, region) { await wait { !$0 } }
            while !(await change(.enable, connection, region)) {
                guard await context.pause(until: .now + .milliseconds(100)) else { return }
            }
            await wait { $0 }
            guard await context.pause(until: begin + Self.period) else { return }
        }
    }

    /// True if it was acknowledged.
    private func change(_ request: ChaosCall.Request, _ connection: ClavigerClient, _ region: String) async -> Bool {
        let key = LoadNames.revoked(load.placement)
        let asked = Asked(.revocation, client: client, region: region, subject: key)
        let outcome = await context.call(asked, request) { (_) async throws(ClientError) in
            if request == .disable { return Answered(try await connection.disableKey(key, timeout: .seconds(10))) }
            return Answered(try await connection.enableKey(key, timeout: .seconds(10)))
        }
        if case .done = outcome { return true } else { return false }
    }

    /// Waits until each node's latest probe, begun from now on, was served or not as wanted.
    private func wait(_ isWanted: (Bool) -> Bool) async {
        let since = context.ground.now
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            let nodes = context.ground.nodes(of: load.placement)
            let isAgreed = seen.withLock { seen in
                nodes.allSatisfy { node in seen[node].map { $0.begin >= since && isWanted($0.isServed) } ?? false }
            }
            if isAgreed { return }
            guard await context.pause(until: .now + .milliseconds(10)) else { return }
        }
    }
}
