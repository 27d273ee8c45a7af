import Foundation

extension CheckVerdict {
    /// Reads `report.json` of `claviger-chaos run`.
    ///
    /// Only what was found in a run counts. What was skipped, a run with a mishap, what nobody could decide, and a
    /// bound that was missed say nothing of a bug: a machine that is too small or too busy for a scenario would
    /// otherwise notice every one.
    static func chaos(report: String, succeeded: Bool, isHung: Bool, seconds: Double) -> CheckVerdict {
        guard let campaign = try? JSONDecoder().decode(Campaign.self, from: Data(report.utf8)) else {
            let reason = isHung ? "it took too long" : "there is no report; its log may say why"
            return CheckVerdict(layer: .chaos, end: .undecided, reason: reason, seconds: seconds)
        }
        let complaints = campaign.scenarios.compactMap(\.complaint)
        if let first = complaints.first {
            return CheckVerdict(
                layer: .chaos, end: .failed, count: complaints.count, reason: first, seconds: seconds)
        }
        let obstacle = campaign.obstacle(succeeded: succeeded, isHung: isHung)
        return CheckVerdict(
            layer: .chaos, end: obstacle == nil ? .passed : .undecided, reason: obstacle, seconds: seconds)
    }
}

/// What is read of the report.
private struct Campaign: Decodable {
    var scenarios: [CampaignScenario]
    var leftBehind: [String]

    /// Why it shows nothing, where no scenario has found anything; nil: all is as it should be.
    func obstacle(succeeded: Bool, isHung: Bool) -> String? {
        if let obstacle = scenarios.lazy.compactMap(\.obstacle).first { return obstacle }
        if isHung { return "it took too long" }
        if let left = leftBehind.first { return "left behind: \(left)" }
        if scenarios.isEmpty { return "nothing was run" }
        return succeeded ? nil : "it ended as one that failed, and its report does not say why"
    }
}

private struct CampaignScenario: Decodable {
    struct Run: Decodable {
        struct Finding: Decodable {
            var kind: String
            var text: String
        }

        var findings: [Finding]
        var mishaps: [String]
    }

    struct Row: Decodable {
        var measure: String
        var missing: Int
        var passed: Bool?
    }

    var name: String
    var skipped: String?
    var runs: [Run]
    var rows: [Row]

    /// Kinds of findings that say that nobody could decide.
    private static let open: Set<String> = ["unanswered", "undecided"]

    /// What it says first against the nodes.
    var complaint: String? {
        let findings = runs.lazy.flatMap(\.findings).filter { !Self.open.contains($0.kind) }
        return findings.first.map { "\(name): \($0.kind): \($0.text)" }
    }

    /// Why it does not pass, where it says nothing against the nodes.
    var obstacle: String? {
        if let skipped { return "\(name) was skipped: \(skipped)" }
        if runs.isEmpty { return "\(name) was not run" }
        if let mishap = runs.lazy.flatMap(\.mishaps).first { return "\(name): \(mishap)" }
        if let open = runs.lazy.flatMap(\.findings).first { return "\(name): \(open.kind): \(open.text)" }
        return rows.first { $0.passed == false }.map { row in
            row.missing > 0
                ? "\(name): there is no figure for the bound of \(row.measure)"
                : "\(name): \(row.measure) is not within its bound, and nothing else was found"
        }
    }
}
