import Chaos
import Testing
import Topology

@Suite("The project's own scenarios")
struct ScenarioFolderTests {
    @Test func allAreGood() throws {
        let scenarios = try ScenarioFolder.load(ScenarioText.folder)
        #expect(scenarios.count >= 35)
        #expect(scenarios.map(\.name) == scenarios.map(\.name).sorted())
    }

    @Test func eachSaysWhyItMatters() throws {
        for scenario in try ScenarioFolder.load(ScenarioText.folder) {
            let path = "\(ScenarioText.folder)/\(scenario.name).yaml"
            let text = try TextFile.read(path, limit: Scenario.fileLimit)
            let comment = text.split(separator: "\n").prefix { $0.hasPrefix("#") }
            #expect((1...5).contains(comment.count), "\(scenario.name)")
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 }, "\(scenario.name)")
        }
    }

    @Test func theShortSetFitsIntoTwentyMinutes() throws {
        let short = try ScenarioFolder.load(ScenarioText.folder).filter(\.isShort)
        #expect((12...24).contains(short.count))
        #expect(short.allSatisfy { $0.length <= .seconds(30) })
        // Each takes a start, a look and an end besides.
        let time = short.reduce(Duration.zero) { $0 + $1.length + .seconds(20) }
        #expect(time < .seconds(1200))
    }

    @Test func eachExpectsSomethingButThoseOfOthers() throws {
        for scenario in try ScenarioFolder.load(ScenarioText.folder) {
            #expect(scenario.expectations.isEmpty == (scenario.subject == .etcd), "\(scenario.name)")
        }
    }

    @Test func aFolderThatIsNotThereIsAnError() {
        #expect(throws: ChaosError.self) { try ScenarioFolder.load(ScenarioText.folder + "/none") }
    }
}
