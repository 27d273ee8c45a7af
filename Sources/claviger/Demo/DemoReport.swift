import Synchronization

/// The claims of the demo as they are checked, one line each.
final class DemoReport: Sendable {
    struct Claim: Encodable, Sendable {
        let chapter: String
        let claim: String
        let passed: Bool
        let detail: String
    }

    private struct State {
        var chapter = ""
        var claims: [Claim] = []
    }

    private let format: OutputFormat
    private let state = Mutex(State())
    private let began = ContinuousClock.now

    init(_ format: OutputFormat) { self.format = format }

    /// Begins a chapter.
    func chapter(_ title: String) {
        state.withLock { $0.chapter = title }
        if format == .table { Console.say("\n\(title)") }
    }

    /// What is under way, for a person at a terminal.
    func progress(_ text: String) { Console.progress("        \(text)") }

    /// One claim, checked.
    func check(_ passed: Bool, _ claim: String, _ detail: String = "") {
        state.withLock { $0.claims.append(Claim(chapter: $0.chapter, claim: claim, passed: passed, detail: detail)) }
        guard format == .table else { return }
        Console.say("  \(passed ? "PASS" : "FAIL")  \(claim)\(detail.isEmpty ? "" : ": \(detail)")")
    }

    /// Whether there are claims, and all hold.
    var hasPassed: Bool { state.withLock { state in !state.claims.isEmpty && state.claims.allSatisfy(\.passed) } }

    /// The last line, or all claims as JSON.
    func finish() throws {
        let claims = state.withLock { $0.claims }
        switch format {
        case .json: Console.say(try Output.json(claims))
        case .table:
            let failed = claims.count { !$0.passed }
            let seconds = DemoTime.text(ContinuousClock.now - began)
            Console.say("\n\(claims.count - failed) of \(claims.count) claims hold; \(seconds)")
        }
    }
}

/// Durations for people.
enum DemoTime {
    static func text(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return milliseconds < 1000
            ? "\(Int(milliseconds.rounded())) ms" : "\((milliseconds / 100).rounded() / 10) s"
    }
}
