import ClientAPI
import NIOPosix
import Topology

/// The demo from the first node's start to the last one's stop.
struct DemoStory: Sendable {
    let stage: DemoStage
    let report: DemoReport
    let measure: Duration

    /// Tells all chapters. A chapter that cannot go on fails as a claim and ends the story; everything is stopped in
    /// any case.
    func tell() async {
        let plugins = DemoPlugins(stage: stage)
        let interruption = DemoInterruption()
        var canaries: DemoCanaries?
        do {
            canaries = try await interruption.guardRun { try await play(plugins) }
        } catch {
            report.check(false, "the story goes on to its end", "\(error)")
        }
        await stop(plugins)
        if let canaries { search(canaries) }
    }

    private func play(_ plugins: DemoPlugins) async throws -> DemoCanaries {
        try await FederationChapter(stage: stage, report: report).run()
        let admin = try await stage.client(identity: "admin", preferring: ["eu-central", "eu-north", "us-central"])
        do {
            let canaries = try await play(plugins, admin)
            await admin.close()
            return canaries
        } catch {
            await admin.close()
            throw error
        }
    }

    private func play(_ plugins: DemoPlugins, _ admin: ClavigerClient) async throws -> DemoCanaries {
        try await KeysChapter(stage: stage, report: report, admin: admin).run()
        try await KubernetesChapter(stage: stage, report: report, plugins: plugins).run()
        try await SovereigntyChapter(stage: stage, report: report).run()
        let load = KMSLoad(sockets: plugins.sockets)
        let writes = WriteLoad(client: admin, tenant: stage.euTenant)
        try await FailureChapter(
            stage: stage, report: report, admin: admin, load: load, writes: writes, measure: measure
        ).run()
        return try await VerificationChapter(stage: stage, report: report, admin: admin).run(
            plugins: plugins, load: load, writes: writes)
    }

    private func stop(_ plugins: DemoPlugins) async {
        report.chapter("Everything is stopped")
        await plugins.closeSockets()
        let processes = stage.federation.topology.nodes.map { stage.federation.process(of: $0) }
        let isCalm = try? await NIOThreadPool.singleton.runIfActive {
            plugins.stop()
            _ = LocalProcess.stop(processes, grace: .seconds(10))
            return processes.allSatisfy { $0.pid() == nil } && plugins.areStopped
        }
        report.check(isCalm == true, "no process of the demo runs on")
    }

    /// After the stop, so that what was in memory only is on the disks, too.
    private func search(_ canaries: DemoCanaries) {
        report.chapter("No byte of EU material is in the US")
        do {
            try CanaryChapter(stage: stage, report: report).run(canaries)
        } catch {
            report.check(false, "the disks can be searched", "\(error)")
        }
    }
}

extension DemoStage {
    /// A client of the demo's federation.
    func client(identity: String, preferring regions: [String]) async throws -> ClavigerClient {
        try await FederationAccess.client(
            endpoints: FederationAccess.endpoints(of: federation.topology), identity: layout.identity(named: identity),
            preferredRegions: regions)
    }
}
