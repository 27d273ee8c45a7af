/// A drill's outcome as Prometheus text, for the textfile collector of a node exporter.
package enum DrillMetrics {
    /// Families in a fixed order; each with its help and type.
    package static func text(_ outcome: DrillOutcome) -> String {
        let drill = [("drill", outcome.drill), ("region", outcome.region)]
        let rows = outcome.rows.map { row in
            (row, drill + [("placement", row.placement), ("kind", row.kind.rawValue), ("clients", row.clients)])
        }
        var lines: [String] = []
        func family(_ name: String, _ help: String, _ samples: [(labels: [(String, String)], value: Double)]) {
            let name = "claviger_drill_\(name)"
            lines += ["# HELP \(name) \(help)", "# TYPE \(name) gauge"]
            lines += samples.map { "\(name){\(labels($0.labels))} \(number($0.value))" }
        }
        family("last_run_timestamp_seconds", "When the last drill began.", [(drill, outcome.started)])
        family("success", "1 when every bound was met and nothing was lost.", [(drill, outcome.isGood ? 1 : 0)])
        family(
            "longest_gap_seconds", "Longest time without an answer after the first node left.",
            rows.map { ($1, $0.longestGap) })
        family("gap_bound_seconds", "How long such a gap may be.", rows.map { ($1, $0.bound) })
        family("calls", "Calls that probes made.", rows.map { ($1, Double($0.calls)) })
        family("failed_calls", "Calls that got no answer.", rows.map { ($1, Double($0.failed)) })
        let written = outcome.written.map { ($0, drill + [("placement", $0.placement)]) }
        family("acknowledged_writes", "Writes that were acknowledged.", written.map { ($1, Double($0.acknowledged)) })
        family("lost_writes", "Acknowledged writes that are gone.", written.map { ($1, Double($0.lost)) })
        return lines.joined(separator: "\n") + "\n"
    }

    private static func labels(_ labels: [(String, String)]) -> String {
        labels.map { name, value in
            let escaped = value.map { character -> String in
                switch character {
                case "\\": "\\\\"
                case "\"": "\\\""
                case "\n": "\\n"
                default: String(character)
                }
            }
            return "\(name)=\"\(escaped.joined())\""
        }.joined(separator: ",")
    }

    /// Without an exponent, which old collectors do not read.
    private static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf" }
        let thousandths = Int64((abs(value) * 1000).rounded())
        let (whole, part) = thousandths.quotientAndRemainder(dividingBy: 1000)
        let sign = value < 0 && thousandths != 0 ? "-" : ""
        return part == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(String(part + 1000).dropFirst())"
    }
}
