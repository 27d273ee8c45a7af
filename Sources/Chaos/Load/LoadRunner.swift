import ClientAPI
import EtcdClient
import NIOCore
import Synchronization

/// Plays the loads of a scenario, and looks at the end for what was acknowledged.
package final class LoadRunner: Sendable {
    /// Longest wait for calls that are open when the loads stop; then they are cancelled.
    private static let lastCalls = Duration.seconds(12)

    private struct State {
        var running: Task<Void, Never>?
        var overloads: [(Overload, Task<Void, Never>)] = []
        /// By placement.
        var stormSeeds: [String: [StormSeeds]] = [:]
    }

    let loads: [Load]
    let context: LoadContext
    let kubernetes: [KubernetesLoad]
    /// By placement, of all placements that loads name.
    let ciphertexts: [String: CiphertextStore<[UInt8]>]
    /// Of the calls that a fault makes.
    let ownClient: Int
    private let players: [any LoadPlayer]
    private let state = Mutex(State())

    /// - Parameter seed: chooses what the loads do; how the calls interleave it does not.
    package init(loads: [Load], ground: any LoadGround, recorder: HistoryRecorder, seed: UInt64) {
        let context = LoadContext(ground: ground, recorder: recorder, seed: seed)
        var stores: [String: CiphertextStore<[UInt8]>] = [:]
        for load in loads where stores[load.placement] == nil { stores[load.placement] = CiphertextStore() }
        var players: [any LoadPlayer] = []
        for load in loads {
            let store = stores[load.placement] ?? CiphertextStore()
            if let player = Self.player(load, context, store) { players.append(player) }
        }
        self.loads = loads
        self.context = context
        self.players = players
        kubernetes = players.compactMap { $0 as? KubernetesLoad }
        ciphertexts = stores
        ownClient = context.newClient()
    }

    /// Nil for calls that no load makes.
    private static func player(
        _ load: Load, _ context: LoadContext, _ store: CiphertextStore<[UInt8]>
    ) -> (any LoadPlayer)? {
        switch load.kind {
        case .writes: WritesLoad(load, context)
        case .lifecycle: LifecycleLoad(load, context)
        case .crypto: CryptoLoad(load, context, store)
        case .kubernetes: KubernetesLoad(load, context)
        case .probe: ProbeLoad(load, context)
        case .policies: PoliciesLoad(load, context)
        case .listing: ListingLoad(load, context)
        case .revocation: RevocationLoad(load, context)
        case .registers: RegistersLoad(load, context)
        case .overload, .look: nil
        }
    }

    /// Puts the policy that allows the loads their calls, makes the keys that they share, and waits until every holder
    /// serves them. Throws `ChaosError` for what is not there after a minute.
    package func prepare() async throws {
        for placement in Set(loads.map(\.placement)).sorted() {
            let own = loads.filter { $0.placement == placement }
            let isEtcd = own.contains { context.isEtcd($0) }
            if isEtcd { try await prepareEtcd(placement) } else { try await preparePlacement(placement, own) }
        }
        for player in players { try await player.prepare() }
    }

    /// Begins all loads.
    package func start() {
        state.withLock { state in
            guard state.running == nil else { return }
            state.running = Task { [players] in
                await withDiscardingTaskGroup { group in
                    for player in players { group.addTask { await player.run() } }
                }
            }
        }
    }

    /// Ends all loads and waits until their last call has ended, 12 s at most. May be called twice, and without
    /// `start`.
    package func stop() async {
        context.stop()
        let running = state.withLock { state in
            defer { state.running = nil }
            return state.running
        }
        if let running { await Self.end(running) }
        await endOverload()
    }

    /// Ends all connections; nothing can be asked after that.
    package func close() async { await context.closeClients() }

    private static func end(_ running: Task<Void, Never>) async {
        let limit = Task {
            try? await Task.sleep(for: lastCalls)
            if !Task.isCancelled { running.cancel() }
        }
        await running.value
        limit.cancel()
    }

    // MARK: - Overload

    /// Begins encrypt calls without pause, from so many callers at a time in each region, until `endOverload`.
    package func overload(placement: String, callers: Int) {
        let store = ciphertexts[placement] ?? CiphertextStore()
        let overload = Overload(placement: placement, callers: callers, context: context, store: store)
        state.withLock { $0.overloads.append((overload, Task { await overload.run() })) }
    }

    /// Ends what `overload` began, and waits for the last calls.
    package func endOverload() async {
        let ended = state.withLock { state in
            defer { state.overloads = [] }
            return state.overloads
        }
        for (overload, _) in ended { overload.end() }
        for (_, task) in ended { await Self.end(task) }
    }

    // MARK: - Storm seeds

    func stormSeeds(_ placement: String) -> [StormSeeds]? { state.withLock { $0.stormSeeds[placement] } }
    func keep(_ seeds: [StormSeeds], of placement: String) { state.withLock { $0.stormSeeds[placement] = seeds } }
}
