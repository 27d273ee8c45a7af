import Foundation
import Testing
import Topology

/// The programs of the release build, found beside this source tree.
enum Programs {
    static let root = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/")
    }()
    static var daemon: String { "\(root)/.build/release/clavigerd" }
    static var plugin: String { "\(root)/.build/release/claviger-kms-plugin" }
    static var command: String { "\(root)/.build/release/claviger" }
    static var areBuilt: Bool { [daemon, plugin, command].allSatisfy(FileManager.default.isExecutableFile) }
    static let absence: Comment = "SKIPPED: the programs are not in .build/release; run 'swift build -c release' first"
}

/// A sentence about what did not happen.
struct Missed: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// Waits for a condition of another process, which nobody announces. An error counts as not yet.
func eventually(
    _ goal: String, within time: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + time
    var last = ""
    repeat {
        do {
            if try await condition() { return }
            last = ""
        } catch {
            last = "; \(error)"
        }
        try await Task.sleep(for: .milliseconds(100))
    } while ContinuousClock.now < deadline
    throw Missed("not reached in \(time): \(goal)\(last)")
}

/// Runs what blocks on a thread of its own, so that calls in flight go on.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
