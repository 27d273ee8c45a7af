import ClientAPI

/// A node's name as a person types it.
enum NodeName {
    /// Throws a sentence with the known names unless the federation has the node.
    static func check(_ name: String, _ client: ClavigerClient) async throws {
        let nodes = try await client.describeFederation().nodes
        guard !nodes.contains(where: { $0.name == name }) else { return }
        throw CommandFailure("there is no node '\(name)'; there are \(nodes.map(\.name).joined(separator: ", "))")
    }
}
