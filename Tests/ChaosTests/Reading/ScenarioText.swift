import Chaos

/// Scenario files for tests.
enum ScenarioText {
    /// The folder of the project's own scenarios.
    static let folder = {
        let parts = #filePath.split(separator: "/").dropLast(4)
        return "/" + parts.joined(separator: "/") + "/chaos"
    }()

    static let whole = """
        # Why.
        title: Everything at once
        promises: [R1, R16]
        short: yes
        topology: ../topology/local.yaml
        distances: {within: 500us, between: 20ms, loss: 0.5%}
        load:
          - writes: {placement: eu, rate: 50}
          - crypto: {placement: eu, rate: 12.5, regions: [eu-west, us-east]}
          - lifecycle: {placement: us, rate: 20, clients: 2, keys: 4}
        length: 20s
        schedule:
          - {at: 12s, start: same}
          - {at: 5s, kill: leader of eu}
        expect:
          writesBack: 3s
          writesBack middle: 1500ms
          cryptoErrors: 0
          secondsWithWrites: 95%
          termsPerMinute: 2.5

        """

    /// A scenario with this schedule on three nodes, or with another subject or topology.
    static func with(schedule: [String], subject: String = "claviger", topology: String = "three") -> String {
        let loads = subject == "etcd" ? ["registers"] : ["writes", "crypto"]
        var lines = ["title: A schedule", "subject: \(subject)", "topology: ../topology/\(topology).yaml", "load:"]
        lines += loads.map { "  - \($0): {placement: eu, rate: 10}" }
        lines += ["length: 60s", "schedule:"] + schedule.map { "  - {\($0)}" }
        return lines.joined(separator: "\n") + "\n"
    }

    static func parse(_ text: String) throws -> Scenario {
        try Scenario.parse(text, source: "\(folder)/some-name.yaml")
    }

    /// What reading the text says, without the folder of the file.
    static func complaint(about text: String) -> String {
        do {
            _ = try parse(text)
            return "nothing"
        } catch {
            return "\(error)".split(separator: "\(folder)/", omittingEmptySubsequences: true).joined()
        }
    }
}
