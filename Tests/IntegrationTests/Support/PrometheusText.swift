/// Samples in Prometheus' text format, as a collector reads them. Throws at the first line that is not of it.
struct PrometheusText {
    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    let samples: [Sample]

    init(parsing text: String) throws {
        guard text.hasSuffix("\n") else { throw Missed("the last line does not end: \(text.suffix(80))") }
        var described: Set<String> = []
        var typed: Set<String> = []
        var samples: [Sample] = []
        for line in text.split(separator: "\n") {
            if let help = line.wholeMatch(of: /# HELP (\w+) .+/) {
                described.insert(String(help.1))
            } else if let type = line.wholeMatch(of: /# TYPE (\w+) (?:counter|gauge)/) {
                guard typed.insert(String(type.1)).inserted else { throw Missed("a second type: \(line)") }
            } else {
                let sample = try Self.sample(line)
                guard described.contains(sample.name), typed.contains(sample.name) else {
                    throw Missed("no help or no type stands above: \(line)")
                }
                samples.append(sample)
            }
        }
        self.samples = samples
    }

    /// Values of one name, in the order of the text.
    func values(_ name: String) -> [Double] { samples.filter { $0.name == name }.map(\.value) }

    private static func sample(_ line: Substring) throws -> Sample {
        guard let parts = line.wholeMatch(of: /([a-zA-Z_]\w*)(?:\{(.*)\})? (\S+)/), let value = Double(parts.3) else {
            throw Missed("no sample: \(line)")
        }
        var labels: [String: String] = [:]
        var rest = parts.2.map { ",\($0)"[...] } ?? ""
        while !rest.isEmpty {
            guard let label = rest.prefixMatch(of: /,([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/),
                labels.updateValue(String(label.2), forKey: String(label.1)) == nil
            else { throw Missed("no labels: \(line)") }
            rest = rest[label.range.upperBound...]
        }
        return Sample(name: String(parts.1), labels: labels, value: value)
    }
}
