import ArgumentParser
import Simulation

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Judges a recorded history of clients.
struct CheckHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-history",
        abstract: "Judge whether a history of requests about keys is linearizable.",
        discussion: """
            The file has a JSON object per request; Sources/Simulation/Linearizability/Keys/KeyHistoryFile.swift says
            which. Exits with 1 when no order of the requests explains every answer, and with 3 when the budget ends
            before that is known.
            """)

    @Option(help: "File with the history.")
    var file: String

    @Option(help: "How often the keys may be asked for each part of the history.")
    var budget = 1_000_000

    @Flag(help: "Creating and rotating may be refused for the tenant's key.")
    var materialMayBeRefused = false

    func run() throws {
        let text: String
        do {
            text = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw ValidationError("cannot read \(file)")
        }
        let history: ClientHistory<KeyRequest, KeyAnswer>
        do {
            history = try KeyHistoryFile.read(text)
        } catch {
            throw ValidationError("\(file): \(error)")
        }
        let specification = KeySpecification(
            for: history.operations.map(\.request), materialMayBeRefused: materialMayBeRefused)
        switch LinearizabilityChecker(specification, budget: budget).check(history) {
        case .linearizable: print("linearizable: \(history.count) requests")
        case .violated(let violation):
            print(violation.diagram, terminator: "")
            throw ExitCode(1)
        case .unknown:
            print("unknown: the budget of \(budget) is spent")
            throw ExitCode(3)
        }
    }
}
