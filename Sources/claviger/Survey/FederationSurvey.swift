import ClientAPI
import NIOCore

/// The federation as one node describes it, and what every node says of itself when asked directly.
struct FederationSurvey: Sendable {
    struct Answer: Sendable {
        let status: Claviger_V1_NodeStatusResponse
        let inventory: Claviger_V1_InventoryResponse
    }

    let federation: Claviger_V1_DescribeFederationResponse
    /// By node name. Each call went to that node and its certificate was checked.
    let answers: [String: Result<Answer, ClientError>]

    /// Asks all nodes at the same time; one that stays silent costs `patience`, not more.
    static func take(
        _ client: ClavigerClient, patience: TimeAmount = .seconds(3)
    ) async throws -> FederationSurvey {
        let federation = try await client.describeFederation()
        let answers = await withTaskGroup(of: (String, Result<Answer, ClientError>).self) { group in
            for node in federation.nodes {
                group.addTask { (node.name, await ask(node.name, client, patience)) }
            }
            var answers: [String: Result<Answer, ClientError>] = [:]
            for await (name, answer) in group { answers[name] = answer }
            return answers
        }
        return FederationSurvey(federation: federation, answers: answers)
    }

    private static func ask(
        _ node: String, _ client: ClavigerClient, _ patience: TimeAmount
    ) async -> Result<Answer, ClientError> {
        do throws(ClientError) {
            let status = try await client.nodeStatus(node: node, timeout: patience)
            let inventory = try await client.inventory(node: node, timeout: patience)
            return .success(Answer(status: status, inventory: inventory))
        } catch {
            return .failure(error)
        }
    }

    /// What a node answered; nil if it did not.
    func answer(of node: String) -> Answer? { try? answers[node]?.get() }

    /// Why a node has not answered; nil if it did.
    func silence(of node: String) -> String? {
        if case .failure(let error)? = answers[node] { error.description } else { nil }
    }

    /// Who leads a group by the word of its replicas, the newest term first. Empty for nobody.
    func leader(ofGroup group: UInt64) -> String {
        let views = federation.nodes.flatMap { node in
            (answer(of: node.name)?.status.groups ?? []).filter { $0.id == group && !$0.leader.isEmpty }
        }
        return views.max { $0.term < $1.term }?.leader ?? ""
    }

    /// Who leads a placement by the word of its holders; else by the hint of the node that described it. Empty for
    /// nobody.
    func leader(of placement: Claviger_V1_Placement) -> String {
        let leader = leader(ofGroup: placement.group)
        return leader.isEmpty ? placement.leader : leader
    }

    /// A placement of this name.
    func placement(named name: String) -> Claviger_V1_Placement? { federation.placements.first { $0.name == name } }

    func region(named name: String) -> Claviger_V1_Region? { federation.regions.first { $0.name == name } }
}
