import ArgumentParser
import ClientAPI
import Glibc
import Topology

/// `claviger drill region-loss`
struct DrillRegionLossCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "region-loss", abstract: "Takes all nodes of a region out of service for a while.",
        discussion: """
            The nodes hand over what they lead and refuse calls for keys; they go on replicating. They come back by \
            themselves when their time is over, also if this program or its machine does not live to tell them. \
            Ctrl-C brings them back at once.

            Exit code 1: a bound was not met, an acknowledged write is gone, or a node did not leave or come back.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Option(help: ArgumentHelp("The region that is lost.", valueName: "name"))
    var region: String

    @Option(help: "How long its nodes are out of service, 1s to 30m.")
    var hold = DurationArgument(.seconds(30))

    @Option(help: "How long probes run before that, and after.")
    var around = DurationArgument(.seconds(5))

    @Option(help: "Longest time without an acknowledged write.")
    var writesBack = DurationArgument(.seconds(10))

    @Option(help: "Longest time without an answered crypto call, from any region.")
    var cryptoGap = DurationArgument(.seconds(5))

    @Option(help: ArgumentHelp("Where to write the figures as Prometheus text.", valueName: "file"))
    var metrics: String?

    @Flag(help: "Also if a placement may be left without a majority of healthy nodes.")
    var force = false

    func validate() throws {
        guard !region.isEmpty else { throw ValidationError("--region: a name is needed") }
        guard hold.duration >= .seconds(1), hold.duration <= .seconds(1800) else {
            throw ValidationError("--hold: \(hold) is not from 1s to 30m")
        }
        guard around.duration >= .seconds(1), around.duration <= .seconds(600) else {
            throw ValidationError("--around: \(around) is not from 1s to 10m")
        }
        for (name, bound) in [("--writes-back", writesBack), ("--crypto-gap", cryptoGap)]
        where bound.duration <= .zero { throw ValidationError("\(name): a bound is more than nothing") }
    }

    func run() async throws {
        let outcome = try await federation.use(options) { client in
            let plan = try await plan(client)
            if !plan.objections.isEmpty {
                guard force else {
                    throw CommandFailure(
                        "the drill is refused: \(plan.objections.joined(separator: "; ")); --force does it all the same"
                    )
                }
                for objection in plan.objections { Console.complain("claviger: \(objection)") }
            }
            let drill = try await RegionLossDrill.prepare(
                plan, control: client,
                bounds: .init(writes: writesBack.duration, crypto: cryptoGap.duration), hold: hold.duration,
                around: around.duration
            ) { try await federation.client(options, preferredRegions: $0) }
            return try await drill.run()
        }
        if let metrics {
            try PrivateFile.write(DrillMetrics.text(outcome), to: metrics, mode: 0o644, replacing: true)
        }
        try Output(options.output).item(outcome, text: outcome.text)
        guard outcome.isGood else { throw ExitCode(1) }
    }

    private func plan(_ client: ClavigerClient) async throws -> DrillPlan {
        let survey = try await FederationSurvey.take(client)
        let status = ClusterStatus(survey)
        return try DrillPlan(
            region: region,
            nodes: status.nodes.map { node in
                DrillPlan.Node(
                    name: node.node, region: node.region,
                    problem: node.health == "good" ? nil : "is \(node.health)")
            },
            placements: survey.federation.placements.map { .init(name: $0.name, holders: $0.holders) })
    }
}
