import ClientAPI
import NIOCore
import Topology

/// Applies the topology of a local federation to it, and waits until every placement can serve keys.
struct LocalApply {
    let federation: LocalFederation
    var patience = Duration.seconds(60)

    /// Throws a sentence that says what was not reached in time.
    func run() async throws {
        let topology = federation.topology
        let client = try await FederationAccess.client(
            endpoints: FederationAccess.endpoints(of: topology), identity: federation.layout.identity(named: "admin"))
        do {
            try await apply(client)
            try await wait(client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    private func apply(_ client: ClavigerClient) async throws {
        let text = try TextFile.read(federation.topologyPath, limit: FederationTopology.fileLimit)
        try await until("the directory takes the topology") {
            do {
                let answer = try await client.applyTopology(text, dryRun: false, timeout: .seconds(10))
                Console.progress("topology applied: \(answer.diff.count) changes")
                return nil
            } catch let error as ClientError where Self.isFinal(error.code) {
                throw error
            } catch {
                return "\(error)"
            }
        }
    }

    private func wait(_ client: ClavigerClient) async throws {
        try await until("every placement is ready") {
            do {
                let waiting = try await Self.unready(federation.topology.placements.map(\.name), client)
                return waiting.isEmpty ? nil : "waiting for \(waiting.joined(separator: ", "))"
            } catch let error as ClientError {
                return error.description
            }
        }
        Console.progress("placements ready: \(federation.topology.placements.map(\.name).joined(separator: ", "))")
    }

    /// The placements without a leader, or whose leader has no epoch key yet.
    private static func unready(_ names: [String], _ client: ClavigerClient) async throws -> [String] {
        let survey = try await FederationSurvey.take(client)
        var waiting: [String] = []
        for name in names {
            guard let placement = survey.placement(named: name),
                let leader = survey.answer(of: survey.leader(of: placement))
            else {
                waiting.append("\(name) (no leader)")
                continue
            }
            if !leader.inventory.epochs.contains(where: { $0.placement == name && !$0.epochs.isEmpty }) {
                waiting.append("\(name) (no epoch key)")
            }
        }
        return waiting
    }

    /// Errors that waiting does not cure.
    private static func isFinal(_ code: ClientError.Code) -> Bool {
        switch code {
        case .invalidRequest, .unauthenticated, .permissionDenied, .sovereigntyViolation, .unsupported: true
        default: false
        }
    }

    /// Repeats the body, which says what is missing, until nothing is.
    private func until(_ goal: String, _ body: () async throws -> String?) async throws {
        let deadline = ContinuousClock.now + patience
        var missing: String? = ""
        repeat {
            missing = try await body()
            guard missing != nil else { return }
            try await Task.sleep(for: .milliseconds(200))
        } while ContinuousClock.now < deadline
        throw CommandFailure("not reached in \(patience.components.seconds) s: \(goal); \(missing ?? "")")
    }
}
