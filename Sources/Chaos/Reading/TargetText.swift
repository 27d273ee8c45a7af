import Topology

/// Who is meant, in words: `eu-west`, `region eu-west`, `clients of eu-west`, `leader of eu`, `2 followers of eu`.
struct TargetText {
    private static let forms =
        "a node, 'region R', 'clients of R', 'leader of P', 'follower of P', '2 followers of P', 'holders of P', "
        + "'all', 'same'"

    let cast: ScenarioCast

    /// One text, or a list of them. With `hasClients` clients may be among them, as only the network is about them.
    func targets(_ value: YAMLValue, hasClients: Bool) throws(TopologyError) -> [Target] {
        guard value.isList else { return [try target(value, hasClients: hasClients)] }
        var targets: [Target] = []
        for item in try value.items() {
            let target = try target(item, hasClients: hasClients)
            guard !targets.contains(target) else { throw item.error("'\(try item.text())' is listed twice") }
            targets.append(target)
        }
        guard !targets.isEmpty else { throw value.error("nobody is listed") }
        return targets
    }

    func target(_ value: YAMLValue, hasClients: Bool) throws(TopologyError) -> Target {
        let text = try value.text()
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        switch (words.count, words[0]) {
        case (1, "all"): return .all
        case (1, "same"): return .same
        case (1, let name):
            guard cast.nodes.contains(name) else {
                let known = cast.nodes.joined(separator: ", ")
                throw value.error("there is no node '\(name)'; known here: \(known); or write \(Self.forms)")
            }
            return .node(name)
        case (2, "region"): return .region(try region(words[1], value))
        case (3, "clients") where words[1] == "of":
            guard hasClients else { throw value.error("clients are not hurt; only the network may be about them") }
            return .clients(try region(words[2], value))
        case (3, "leader") where words[1] == "of": return .leader(try group(words[2], value))
        case (3, "follower") where words[1] == "of": return try followers(1, of: words[2], value)
        case (3, "holders") where words[1] == "of": return .holders(try group(words[2], value))
        case (4, _) where words[1] == "followers" && words[2] == "of":
            guard let count = Int(words[0]), count > 0 else { throw value.error("'\(words[0])' is not how many") }
            return try followers(count, of: words[3], value)
        default: throw value.error("'\(text)' does not say who; write \(Self.forms)")
        }
    }

    private func followers(_ count: Int, of group: String, _ value: YAMLValue) throws(TopologyError) -> Target {
        let most = cast.holders(of: try self.group(group, value)).count - 1
        guard count <= most else { throw value.error("'\(group)' has \(most) followers, not \(count)") }
        return .followers(group, count: count)
    }

    private func region(_ name: String, _ value: YAMLValue) throws(TopologyError) -> String {
        guard cast.regions.contains(name) else {
            throw value.error("there is no region '\(name)'; known here: \(cast.regions.joined(separator: ", "))")
        }
        return name
    }

    private func group(_ name: String, _ value: YAMLValue) throws(TopologyError) -> String {
        guard cast.groups.contains(name) else {
            throw value.error("there is no placement '\(name)'; known here: \(cast.groups.joined(separator: ", "))")
        }
        return name
    }
}
