import ClientAPI
import Glibc
import NIOCore
import NIOPosix
import Topology

/// The region that leads `eu` dies under load, and comes back.
struct FailureChapter: Sendable {
    let stage: DemoStage
    let report: DemoReport
    let admin: ClavigerClient
    let load: KMSLoad
    let writes: WriteLoad
    let measure: Duration

    /// The promises: no failed call, none slower, writes again within, nothing acknowledged lost.
    private static let longestCall = Duration.seconds(1)
    private static let writeOutage = Duration.seconds(3)

    func run() async throws {
        report.chapter("A region dies under load")
        async let loading: Void = load.run()
        async let writing: Void = writes.run()
        do {
            try await fail()
        } catch {
            load.end()
            writes.end()
            _ = await (loading, writing)
            throw error
        }
        load.end()
        writes.end()
        _ = await (loading, writing)
        await judge()
    }

    private func fail() async throws {
        try await Task.sleep(for: .seconds(3))
        let name = try await leader()
        guard let node = stage.federation.topology.node(named: name) else {
            throw CommandFailure("nobody is known to lead 'eu'")
        }
        report.progress(
            "\(load.tally.calls) KMS calls and \(writes.acknowledged.instants.count) writes so far; kill -9 \(name)")
        let killed = ContinuousClock.now
        report.check(stage.federation.process(of: node).send(SIGKILL), "kill -9 of \(name), which leads 'eu'")
        try await Task.sleep(for: measure)
        let end = ContinuousClock.now
        let outage = writes.longestSilence(from: killed, to: end)
        report.check(
            outage < Self.writeOutage, "writes are acknowledged again within \(DemoTime.text(Self.writeOutage)) (RTO)",
            DemoTime.text(outage))
        let leader = try await leader()
        report.check(!leader.isEmpty && leader != name, "another region leads 'eu'", leader)
        try await comeBack(node)
    }

    private func comeBack(_ node: FederationTopology.Node) async throws {
        let federation = stage.federation
        let program = stage.programs.node
        let began = ContinuousClock.now
        try await NIOThreadPool.singleton.runIfActive {
            try federation.start([node], daemon: program, timeout: .seconds(30))
        }
        let ready = ContinuousClock.now
        let goal = try await applied(at: try await leader())
        let deadline = ready + .seconds(20)
        var reached: UInt64 = 0
        repeat {
            reached = (try? await applied(at: node.name)) ?? 0
            if reached >= goal { break }
            try await Task.sleep(for: .milliseconds(20))
        } while ContinuousClock.now < deadline
        report.check(
            reached >= goal, "\(node.name) returns and catches up",
            "ready after \(DemoTime.text(ready - began)), "
                + "applied \(reached) of \(goal) \(DemoTime.text(.now - ready)) later"
        )
    }

    /// The name of the node that leads `eu`; empty for nobody.
    private func leader() async throws -> String {
        let survey = try await FederationSurvey.take(admin, patience: .seconds(1))
        return survey.placement(named: "eu").map(survey.leader) ?? ""
    }

    /// How far a node has applied the log of `eu`.
    private func applied(at node: String) async throws -> UInt64 {
        let placement = try await admin.describeFederation().placements.first { $0.name == "eu" }
        let status = try await admin.nodeStatus(node: node, timeout: .seconds(5))
        return status.groups.first { $0.id == placement?.group }?.applied ?? 0
    }

    private func judge() async {
        let tally = load.tally
        report.check(
            tally.calls > 0 && tally.failures == 0,
            "no KMS call failed, neither while the region died nor when it came back",
            ["\(tally.failures) of \(tally.calls)"].joined() + tally.firstFailures.map { "; \($0)" }.joined())
        report.check(
            tally.longest < Self.longestCall, "no KMS call took \(DemoTime.text(Self.longestCall))",
            "the longest was \(tally.longestName), \(DemoTime.text(tally.longest))")
        let acknowledged = writes.acknowledged
        do {
            let reader = try await stage.client(identity: "admin", preferring: ["eu-north", "eu-central"])
            let lost = await writes.lost(reading: reader)
            await reader.close()
            report.check(
                lost.isEmpty && acknowledged.instants.count > 0, "every acknowledged write is there (RPO 0)",
                "\(lost.count) lost of \(acknowledged.instants.count)" + lost.prefix(3).map { "; \($0)" }.joined())
        } catch {
            report.check(false, "acknowledged writes can be read back", "\(error)")
        }
        if !acknowledged.failures.isEmpty {
            report.progress(
                "\(acknowledged.failures.count) writes were refused, not acknowledged: \(acknowledged.failures[0])")
        }
    }
}
