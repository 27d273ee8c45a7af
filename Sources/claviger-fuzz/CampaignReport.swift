import Foundation
import Fuzzing

/// Standard output line by line, so that a long run is seen as it goes, in a pipe too.
enum Output {
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}

/// Prints how decoders ended, in the order in which they do, and counts.
// SAFETY: everything is read and written under the lock.
final class CampaignReport: @unchecked Sendable {
    private let lock = NSLock()
    private var decoders = 0
    private var executions = 0
    private var failures = 0

    init() { Output.line(Self.row("decoder", "executions", "per second", "edges", "end")) }

    func add(_ result: FuzzCampaign.Result) {
        lock.withLock {
            decoders += 1
            executions += result.executions
            let end = result.failure == nil ? "good" : "FAILED"
            Output.line(
                Self.row(
                    result.decoder.name, "\(result.executions)", "\(result.perSecond)", "\(result.edges)", end))
            guard let failure = result.failure else { return }
            failures += 1
            Output.line("  \(failure.reason)")
            guard failure.path.contains("/failures/"), let input = try? Corpus.read(failure.path) else {
                return Output.line("  see \(failure.path)")
            }
            let rest = input.count > 512 ? "…" : ""
            Output.line("  input of \(input.count) bytes: \(Hexadecimal.text(input.prefix(512)))\(rest)")
            Output.line("  again: claviger-fuzz replay \(result.decoder.name) \(failure.path)")
        }
    }

    func add(_ decoder: FuzzedDecoder, _ error: any Error) {
        lock.withLock {
            decoders += 1
            failures += 1
            Output.line("\(decoder.name) could not be run: \(error)")
        }
    }

    /// Prints the sum; gives back how many failed.
    func end() -> Int {
        lock.withLock {
            Output.line("\(decoders) decoders, \(executions) executions, \(failures) failures")
            return failures
        }
    }

    private static func row(
        _ name: String, _ executions: String, _ speed: String, _ edges: String, _ end: String
    ) -> String {
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let left = name + String(repeating: " ", count: max(0, 24 - name.count))
        return left + right(executions, 12) + right(speed, 12) + right(edges, 8) + "  " + end
    }
}
