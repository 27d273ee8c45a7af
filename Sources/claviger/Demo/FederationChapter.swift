import ClientAPI
import NIOPosix
import Topology

/// Six nodes come up and agree on a topology.
struct FederationChapter: Sendable {
    let stage: DemoStage
    let report: DemoReport

    func run() async throws {
        report.chapter("A federation of six regions, three clouds, two jurisdictions")
        let began = ContinuousClock.now
        let federation = stage.federation
        let report = report
        let program = stage.programs.node
        try await NIOThreadPool.singleton.runIfActive {
            try FileLock.hold(federation.layout.lockPath) { () throws(TopologyError) in
                try federation.prepare()
                try federation.start(federation.topology.nodes, daemon: program, progress: report.progress)
            }
        }
        let count = federation.topology.nodes.count
        report.check(true, "\(count) nodes are ready", DemoTime.text(ContinuousClock.now - began))
        try await LocalApply(federation: federation, patience: .seconds(45)).run()
        let client = try await stage.client(identity: "admin", preferring: [])
        let survey = try await FederationSurvey.take(client)
        await client.close()
        let described = survey.federation
        report.check(
            described.nodes.count == count && survey.answers.count == count
                && described.nodes.allSatisfy { survey.answer(of: $0.name) != nil },
            "the directory knows all nodes, and each answers for itself")
        for name in ["eu", "us"] {
            let placement = described.placements.first { $0.name == name }
            let holders = placement?.holders ?? []
            let leader = placement.map(survey.leader) ?? ""
            let allowed = stage.nodes(in: name.uppercased()).map(\.name)
            report.check(
                holders.count == 3 && holders.allSatisfy(allowed.contains) && !leader.isEmpty,
                "placement '\(name)' has three holders, all in \(name.uppercased())",
                "\(holders.joined(separator: ", ")); \(leader.isEmpty ? "nobody" : leader) leads")
        }
    }
}
