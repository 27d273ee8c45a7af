/// What a scenario needs of the machine.
package enum ScenarioNeeds {
    /// Why the scenario cannot be played here, for a person; nil: it can.
    package static func obstacle(to scenario: Scenario) -> String? {
        if scenario.needsNetwork, let obstacle = VirtualNetwork.obstacle() {
            return "it needs network namespaces: \(obstacle)"
        }
        if scenario.needsFaultLibrary, FaultPage.libraryPath() == nil {
            return "libclaviger-faults.so is not beside this program"
        }
        if scenario.needsSyncNotes, let obstacle = noteObstacle() { return "power cannot fail here: \(obstacle)" }
        do {
            try ChaosPrograms.beside().check(for: scenario)
        } catch {
            return error.description
        }
        return nil
    }

    /// Tried where nodes' disks will be.
    private static func noteObstacle() -> String? {
        do throws(ChaosError) {
            let folder = try RunFolder()
            defer { folder.remove() }
            return PowerLoss.obstacle(in: folder.path)
        } catch {
            return error.description
        }
    }
}
