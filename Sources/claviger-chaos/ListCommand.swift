import ArgumentParser
import Chaos

/// Tells which scenarios there are.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the scenarios of a folder: name, whether in the short set, what it shows."
    )

    @OptionGroup var options: ScenarioOptions

    func run() throws {
        let scenarios = try options.load()
        let width = scenarios.map(\.name.count).max() ?? 0
        for scenario in scenarios {
            let name = scenario.name + String(repeating: " ", count: width - scenario.name.count)
            Console.say("\(name)  \(scenario.isShort ? "short" : "     ")  \(scenario.title)")
        }
    }
}
