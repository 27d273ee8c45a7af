extension FederationTopology {
    /// The text of a file that reads as this value. Comments and the order of fields of the file it came from are lost.
    package var text: String {
        var lines = [
            "cluster: {name: \(Self.quoted(clusterName)), id: \(Self.quoted(clusterIDText))}",
            "trustDomain: \(Self.quoted(trustDomain))",
            "operators: \(Self.list(operators.map(\.uri)))",
            "regions:",
        ]
        lines += regions.map {
            "  \($0.name): {cloud: \(Self.quoted($0.cloud)), jurisdictions: \(Self.list($0.jurisdictions))}"
        }
        lines.append("nodes:")
        lines += nodes.map(Self.line)
        lines.append("directory: {voters: \(Self.list(directoryVoters))}")
        lines.append("placements:")
        lines += placements.map(Self.line)
        lines.append(
            "timing: {heartbeat: \(DurationText.describe(timing.heartbeat)), "
                + "election: \(DurationText.describe(timing.election)), tick: \(DurationText.describe(timing.tick))}")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ node: Node) -> String {
        "  - {name: \(quoted(node.name)), number: \(node.number), region: \(quoted(node.region)), "
            + "host: \(quoted(node.host)), peerPort: \(node.peerPort), apiPort: \(node.apiPort), "
            + "metricsPort: \(node.metricsPort)}"
    }

    private static func line(_ placement: Placement) -> String {
        var fields = [
            "jurisdictions: \(list(placement.jurisdictions))", "replicas: \(placement.replicas)",
            "leaderPreference: \(list(placement.leaderPreference))", "survive: \(placement.survive.rawValue)",
            "maxStaleness: \(DurationText.describe(placement.maxStaleness))",
            "servePlaintextAt: \(list(placement.servePlaintextAt))",
        ]
        if let policy = placement.policy { fields.append("policy: \(quoted(policy))") }
        return "  \(placement.name): {\(fields.joined(separator: ", "))}"
    }

    private static func list(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: ", "))]" }

    /// In double quotes, so that no text is taken for a number or a truth value (YAML 1.2, section 7.3.1).
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                result += "\\x" + Hexadecimal.encode([UInt8(scalar.value)])
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
