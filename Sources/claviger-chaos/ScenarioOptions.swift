import ArgumentParser
import Chaos

/// Which scenarios are meant.
struct ScenarioOptions: ParsableArguments {
    enum Set: String, CaseIterable, ExpressibleByArgument { case short, full }

    @Argument(help: "Names of scenarios in the folder, or paths of their files. None: the whole set.")
    var names: [String] = []

    @Option(help: "The folder with scenario files.")
    var folder = "chaos"

    @Option(help: "Which set is meant without names: short or full.")
    var set = Set.full

    /// The scenarios in the order of their names; of those named in the order given.
    func load() throws -> [Scenario] {
        do {
            guard names.isEmpty else {
                return try names.map { name in
                    try Scenario.load(from: name.hasSuffix(".yaml") ? name : "\(folder)/\(name).yaml")
                }
            }
            let all = try ScenarioFolder.load(folder).filter { set == .full || $0.isShort }
            guard !all.isEmpty else { throw ChaosError(folder, "there is no scenario of the set '\(set.rawValue)'") }
            return all
        } catch let error as ChaosError {
            throw ValidationError(error.description)
        }
    }
}
