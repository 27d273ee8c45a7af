import Foundation
import Glibc
import Topology

/// The `claviger` program at work on a test's federation, as its operator starts it.
struct OperatorCommand: Sendable {
    /// What came of it.
    struct Ending: Sendable, CustomStringConvertible {
        /// Nil: a signal ended it.
        let code: Int32?
        /// What it wrote to both output streams.
        let text: String

        var description: String { "exit code \(code.map { "\($0)" } ?? "none"), output: \(text)" }

        /// The output as the JSON of one thing. Throws if it is anything else, or anything beside.
        func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
            do {
                return try JSONDecoder().decode(type, from: Data(text.utf8))
            } catch {
                throw Missed("not the JSON that was expected, \(error): \(text)")
            }
        }
    }

    private let line: String
    private let outputPath: String
    private let process: DetachedProcess

    /// Starts it with the federation's own directory, and so with the identity of its operator.
    init(_ arguments: [String], in federation: TestFederation) throws {
        let root = federation.federation.layout.root
        line = "claviger \(arguments.joined(separator: " "))"
        outputPath = "\(root)/command-\(UInt64.random(in: .min ... .max)).out"
        process = try DetachedProcess.spawn(
            Programs.command, arguments: arguments + ["--dir", root], log: outputPath)
    }

    /// Starts it and waits for its end.
    static func run(
        _ arguments: [String], in federation: TestFederation, within time: Duration = .seconds(30)
    ) async throws -> Ending {
        try await OperatorCommand(arguments, in: federation).end(within: time)
    }

    /// Nil while it runs.
    func ending() throws -> Ending? {
        guard let status = process.status else { return nil }
        return Ending(
            code: status & 0x7f == 0 ? (status >> 8) & 0xff : nil,
            text: try TextFile.read(outputPath, limit: 1 << 20))
    }

    /// Waits for the end, and forces it if it does not come in time.
    func end(within time: Duration) async throws -> Ending {
        var ending: Ending?
        do {
            try await eventually("'\(line)' ends", within: time) {
                ending = try self.ending()
                return ending != nil
            }
        } catch {
            kill()
            let output = TextFile.lastLines(20, of: outputPath).joined(separator: "\n")
            throw Missed("\(error); its output: \(output)")
        }
        guard let ending else { throw Missed("'\(line)' has no ending") }
        return ending
    }

    /// Returns whether it still ran.
    func send(_ signal: Int32) -> Bool { process.send(signal) }

    /// Does nothing if it has ended.
    func kill() { process.send(SIGKILL) }
}
