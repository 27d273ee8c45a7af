import KubernetesDoor
import NIOCore

/// Calls the Kubernetes plugin of each region as kube-apiserver would: `Status` each second, `Encrypt`, and `Decrypt`
/// of what that plugin protected before.
final class KubernetesLoad: LoadPlayer {
    typealias Seeds = CiphertextStore<V2_EncryptResponse>

    let load: Load
    private let context: LoadContext
    let regions: [String]
    /// By region.
    let seeds: [Seeds]

    init(_ load: Load, _ context: LoadContext) {
        self.load = load
        self.context = context
        regions = context.regions(of: load)
        seeds = regions.map { _ in Seeds() }
    }

    /// Waits until every plugin serves.
    func prepare() async throws {
        for region in regions {
            let socket = try self.socket(in: region)
            do {
                try await Patience.wait("the Kubernetes plugin of \(region) does not serve") {
                    let status = try await socket.status()
                    guard status.healthz == "ok" else { throw ChaosError(region, status.healthz) }
                }
            } catch {
                await socket.close()
                throw error
            }
            await socket.close()
        }
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            for place in regions.indices {
                group.addTask { await self.run(at: place) }
            }
        }
    }

    private func run(at place: Int) async {
        guard let socket = try? socket(in: regions[place]) else { return }
        let client = context.newClient()
        let asked = Asked(
            .kubernetes, client: client, region: regions[place], subject: LoadNames.kubernetes(load.placement))
        let store = seeds[place]
        await withDiscardingTaskGroup { [context, load, regions] group in
            group.addTask { await context.pace(1) { _ in await Self.status(socket, asked, context) } }
            group.addTask {
                await context.pace(load.rate / Double(regions.count)) { number in
                    var randomness = context.randomness(UInt64(client) << 40 | UInt64(number))
                    if randomness.chance(50), let entry = store.choose(&randomness) {
                        await Self.decrypt(entry, socket, asked, context)
                    } else {
                        await Self.encrypt(CryptoCalls.plaintext(&randomness), into: store, socket, asked, context)
                    }
                }
            }
        }
        await socket.close()
    }

    /// A connection of its own to a region's plugin.
    func socket(in region: String) throws -> KMSSocket {
        try KMSSocket(
            placement: load.placement, path: try context.ground.socket(in: region, placement: load.placement),
            eventLoop: context.ground.eventLoop(in: region))
    }

    // MARK: - Calls

    private static func status(_ socket: KMSSocket, _ asked: Asked, _ context: LoadContext) async {
        await context.pluginCall(asked, .status) { _, _ in
            let status = try await socket.status()
            return .status(isHealthy: status.healthz == "ok", keyID: status.keyID)
        }
    }

    private static func encrypt(
        _ seed: [UInt8], into store: Seeds, _ socket: KMSSocket, _ asked: Asked, _ context: LoadContext
    ) async {
        await context.pluginCall(asked, .encrypt) { number, uid in
            store.add(number, seed, try await socket.encrypt(seed, uid: uid))
            // The id of a KMS v2 answer is a hash: it does not say which version it was.
            return .nothing
        }
    }

    private static func decrypt(
        _ entry: Seeds.Entry, _ socket: KMSSocket, _ asked: Asked, _ context: LoadContext
    ) async {
        await context.pluginCall(asked, .decrypt(of: entry.call)) { _, uid in
            .decrypted(isRight: try await socket.decrypt(entry.sealed, uid: uid) == entry.plaintext)
        }
    }
}
