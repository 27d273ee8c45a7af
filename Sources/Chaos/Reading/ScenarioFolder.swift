import FoundationEssentials

/// A folder with the file of one scenario beside the other.
package enum ScenarioFolder {
    /// Reads all `.yaml` files of the folder, by name. Throws for the first one that is wrong, and when there is none.
    package static func load(_ folder: String) throws(ChaosError) -> [Scenario] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw ChaosError(folder, "cannot be read: \(error)")
        }
        let files = names.filter { $0.hasSuffix(Scenario.fileEnding) && !$0.hasPrefix(".") }.sorted()
        guard !files.isEmpty else { throw ChaosError(folder, "there is no file NAME\(Scenario.fileEnding)") }
        return try files.map { (file) throws(ChaosError) in try Scenario.load(from: "\(folder)/\(file)") }
            .sorted { $0.name < $1.name }
    }
}
