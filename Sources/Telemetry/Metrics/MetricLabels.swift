/// A metric's labels in the order of their names; equal labels name the same time series.
package struct MetricLabels: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    let pairs: [Pair]

    struct Pair: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// No label.
    package static let none = MetricLabels([])

    /// Later pairs win over earlier ones of the same name.
    package init(_ pairs: [(String, String)]) {
        var sorted: [Pair] = []
        for (name, value) in pairs {
            sorted.removeAll { $0.name == name }
            sorted.append(Pair(name: name, value: value))
        }
        self.pairs = sorted.sorted { $0.name < $1.name }
    }

    package init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    /// As in the exposition, `{a="1",b="2"}`; `extra` is put last and is how a histogram names its bucket.
    func text(extra: (name: String, value: String)? = nil) -> String {
        guard !pairs.isEmpty || extra != nil else { return "" }
        var parts = pairs.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
        if let extra { parts.append("\(extra.name)=\"\(Self.escaped(extra.value))\"") }
        return "{" + parts.joined(separator: ",") + "}"
    }

    /// Backslash, quote and line feed, as the text format 0.0.4 wants them.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
