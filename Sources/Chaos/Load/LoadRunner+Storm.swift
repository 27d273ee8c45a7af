import KubernetesDoor
import NIOCore
import Synchronization

/// Seeds that a region's plugin protected, for the API servers that start there.
struct StormSeeds: Sendable {
    let region: String
    let path: String
    let seeds: [(plaintext: [UInt8], sealed: V2_EncryptResponse)]
}

extension LoadRunner {
    /// Calls of one API server at a time while it lists its secrets.
    private static let callsOfCluster = 8

    /// Has the plugin of each region protect so many seeds, for a storm to come. These calls and the storm's are no
    /// part of the history. Throws `ChaosError` if a plugin does not protect them within a minute each.
    package func prepareStorm(placement: String, seeds: Int) async throws {
        var prepared: [StormSeeds] = []
        for region in context.ground.regions(of: placement) {
            let path = try context.ground.socket(in: region, placement: placement)
            let socket = try KMSSocket(
                placement: placement, path: path, eventLoop: context.ground.eventLoop(in: region))
            let made = await Self.each(Array(0..<seeds)) { [context] number in
                var randomness = context.randomness(1 << 63 | UInt64(number))
                return try? await Self.protect(CryptoCalls.plaintext(&randomness), socket, region)
            }
            await socket.close()
            let whole = made.compactMap(\.self)
            guard whole.count == seeds else {
                throw ChaosError(region, "the plugin protected \(whole.count) of \(seeds) seeds only")
            }
            prepared.append(StormSeeds(region: region, path: path, seeds: whole))
        }
        keep(prepared, of: placement)
    }

    private static func protect(
        _ seed: [UInt8], _ socket: KMSSocket, _ region: String
    ) async throws -> (plaintext: [UInt8], sealed: V2_EncryptResponse) {
        var sealed: V2_EncryptResponse?
        try await Patience.wait("\(region): a seed is not protected") { sealed = try await socket.encrypt(seed) }
        guard let sealed else { throw ChaosError(region, "a seed is not protected") }
        return (seed, sealed)
    }

    /// So many API servers begin at once, spread over the regions, and have each so many seeds opened: 8 calls at a
    /// time, 3 s for each, none repeated. Without `prepareStorm` the seeds are made first.
    ///
    /// - Returns: how long all of it took; a wrong plaintext counts as an error, as do seeds that could not be made.
    package func storm(placement: String, clusters: Int, seeds: Int) async -> RunRecord.Storm {
        if stormSeeds(placement).map({ $0.contains { $0.seeds.count < seeds } }) ?? true {
            try? await prepareStorm(placement: placement, seeds: seeds)
        }
        guard let prepared = stormSeeds(placement), !prepared.isEmpty else {
            return RunRecord.Storm(took: 0, longestCall: 0, calls: 0, errors: clusters * seeds)
        }
        let start = context.ground.now
        let results = await withTaskGroup(of: RunRecord.Storm.self) { group in
            for cluster in 0..<clusters {
                let own = prepared[cluster % prepared.count]
                let turn = cluster / prepared.count
                let peers = (clusters + prepared.count - 1) / prepared.count
                group.addTask { await self.startCluster(placement, own, seeds, turn: turn, of: peers) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        return RunRecord.Storm(
            took: context.ground.now - start, longestCall: results.map(\.longestCall).max() ?? 0,
            calls: results.reduce(0) { $0 + $1.calls }, errors: results.reduce(0) { $0 + $1.errors })
    }

    /// One API server. Those at one plugin begin at different places of the list, so that no two ask for the same seed
    /// at the same time.
    private func startCluster(
        _ placement: String, _ own: StormSeeds, _ count: Int, turn: Int, of peers: Int
    ) async -> RunRecord.Storm {
        let start = context.ground.now
        let all = own.seeds
        guard !all.isEmpty,
            let socket = try? KMSSocket(
                placement: placement, path: own.path, eventLoop: context.ground.eventLoop(in: own.region))
        else { return RunRecord.Storm(took: 0, longestCall: 0, calls: 0, errors: count) }
        let first = turn * all.count / max(1, peers)
        let calls = await Self.each(Array(0..<count), width: Self.callsOfCluster) { [context] number in
            let seed = all[(first + number) % all.count]
            let begin = context.ground.now
            let opened = try? await socket.decrypt(seed.sealed)
            return (took: context.ground.now - begin, isRight: opened == seed.plaintext)
        }
        await socket.close()
        return RunRecord.Storm(
            took: context.ground.now - start, longestCall: calls.map(\.took).max() ?? 0, calls: calls.count,
            errors: calls.count { !$0.isRight })
    }
}
