package import Topology

extension Scenario {
    /// The largest file that is read, in bytes.
    package static let fileLimit = 1 << 18
    /// What a scenario's file is called after its name.
    package static let fileEnding = ".yaml"

    /// The promises that there are, R1 and up.
    static let promiseNumbers = 1...24

    /// Reads and checks a scenario's file, and the topology that it names. Throws with the file and the path of the
    /// value that is wrong, and what is known there.
    package static func load(from path: String) throws(ChaosError) -> Scenario {
        do {
            return try parse(try TextFile.read(path, limit: fileLimit), source: path)
        } catch {
            throw ChaosError(error.place, error.problem)
        }
    }

    /// Reads and checks the text of a scenario. `source` is the path of its file: it gives the name, and the topology
    /// is searched from its folder. Throws as `load` does.
    package static func parse(_ text: String, source: String) throws(TopologyError) -> Scenario {
        let name = try name(of: source)
        let root = try YAMLValue(parsing: text, file: source)
        let fields = try root.fields(
            "title", "promises", "short", "subject", "topology", "distances", "load", "length", "schedule", "expect")
        let subject = try fields.optional("subject")?.word(Subject.self) ?? .claviger
        let (path, topology) = try topology(fields.required("topology"), from: source)
        let cast = ScenarioCast(topology: topology, subject: subject)
        let distances = try fields.optional("distances").map(distances) ?? Distances()
        let loads = try LoadText(cast: cast).loads(fields.required("load"))
        let length = try length(fields.required("length"))
        let items = try fields.optional("schedule").map { (value) throws(TopologyError) in
            try ScheduleText(cast: cast, distances: distances).items(value)
        }
        let schedule = items ?? []
        try ScheduleRules(cast: cast, length: length, loads: loads).check(schedule)
        let text = ExpectationText(subject: subject, rules: ExpectationRules(loads: loads, schedule: schedule))
        return Scenario(
            name: name, title: try title(fields.required("title")),
            promises: try fields.optional("promises").map(promises) ?? [],
            isShort: try fields.optional("short")?.isYes() ?? false, subject: subject, topology: path,
            distances: distances, loads: loads, length: length, schedule: schedule.map(\.step),
            expectations: try fields.optional("expect").map(text.expectations) ?? [])
    }

    private static func name(of source: String) throws(TopologyError) -> String {
        let file = source.split(separator: "/").last.map(String.init) ?? ""
        guard file.hasSuffix(fileEnding), NameRule.isName(String(file.dropLast(fileEnding.count))) else {
            throw TopologyError(source, "a scenario's file is called NAME\(fileEnding), with a-z, 0-9 and - in NAME")
        }
        return String(file.dropLast(fileEnding.count))
    }

    /// A path is from the scenario's own folder.
    private static func topology(
        _ value: YAMLValue, from source: String
    ) throws(TopologyError) -> (path: String, FederationTopology) {
        let text = try value.text()
        let folder = source.lastIndex(of: "/").map { String(source[...$0]) } ?? ""
        let path = text.hasPrefix("/") ? text : folder + text
        do {
            return (path, try FederationTopology.load(from: path))
        } catch {
            throw value.error("\(error)")
        }
    }

    private static func title(_ value: YAMLValue) throws(TopologyError) -> String {
        let text = try value.text()
        guard text.count <= 100, !text.contains(where: \.isNewline) else {
            throw value.error("a title is one line of 100 characters at most")
        }
        return text
    }

    private static func promises(_ value: YAMLValue) throws(TopologyError) -> [String] {
        let known = promiseNumbers.map { "R\($0)" }
        for item in try value.items() where !known.contains(try item.text()) {
            throw item.error("'\(try item.text())' is no promise; known are R1 to R\(promiseNumbers.upperBound)")
        }
        return try value.texts()
    }

    private static func distances(_ value: YAMLValue) throws(TopologyError) -> Distances {
        let fields = try value.fields("within", "between", "loss")
        var distances = Distances()
        if let within = fields.optional("within") { distances.within = try distance(within) }
        if let between = fields.optional("between") { distances.between = try distance(between) }
        if let loss = fields.optional("loss") { distances.loss = try loss.share() }
        return distances
    }

    private static func distance(_ value: YAMLValue) throws(TopologyError) -> Duration {
        let time = try value.time()
        guard time <= .seconds(10) else { throw value.error("more than 10s from one host to another") }
        return time
    }

    private static func length(_ value: YAMLValue) throws(TopologyError) -> Duration {
        let time = try value.time()
        guard time >= .seconds(1), time <= .seconds(3600) else { throw value.error("not from 1s to 1h") }
        return time
    }
}
