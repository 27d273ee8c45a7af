import Topology

extension FederationStage {
    /// Throws, too, when it is not known of all syncs what they brought to disk: then nobody can say what power takes.
    package func losePower(_ nodes: [String]) async throws {
        let lost = try nodes.map { (name: $0, page: try page(of: $0)) }
        try await processes.kill(nodes)
        for (name, page) in lost {
            let seen = page.seen
            guard seen.notedSyncs > 0 else { throw ChaosError(name, "no sync was noted, so all would be lost") }
            guard seen.unnotedSyncs == 0 else {
                throw ChaosError(name, "\(seen.unnotedSyncs) syncs were not noted, so too much would be lost")
            }
            let data = federation.layout.node(name).dataPath
            let loss = try await BlockingCall.run { try PowerLoss(at: data) }
            clock.tell(.note, "\(name) is without power; \(loss.text)", nodes: [name])
        }
    }
}
