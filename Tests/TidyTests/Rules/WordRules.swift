/// Words and calls that are not wanted, each with the modules it concerns.
enum WordRules {
    /// Traps, escapes from structured concurrency, and output that belongs to programs.
    static func calls(_ file: SourceFile) -> [Finding] {
        let isProgram = ModuleTable.row(file.module)?.layer == 8
        return each(file) { index, line in
            if line.has("try!") { return explained(file, index, "try! traps") }
            if line.has("as!"), line.contains(/\bas!/) { return explained(file, index, "as! traps") }
            if line.has("fatalError"), line.contains(/\bfatalError\s*\(/) {
                return explained(file, index, "fatalError traps")
            }
            if line.has("detached"), line.contains(/\bTask\s*\.\s*detached\b/) {
                return "a detached task escapes the shutdown"
            }
            if !isProgram, line.has("print") || line.has("Print") || line.has("dump"),
                line.contains(/(?:^|[^\w.])(?:debugPrint|print|dump)\s*\(/), !line.has("func ")
            {
                return "a library does not print"
            }
            return nil
        }.map { file.finding(.calls, at: $0, $1) }
    }

    /// Promises that the compiler cannot check are explained where they stand.
    static func unsafety(_ file: SourceFile) -> [Finding] {
        each(file) { index, line in
            for text in ["@unchecked Sendable", "nonisolated(unsafe)", "@preconcurrency import"] where line.has(text) {
                return explained(file, index, "\(text) needs a // SAFETY: line")
            }
            return nil
        }.map { file.finding(.unsafety, at: $0, $1) }
    }

    /// `x!`, which traps on outside input sooner or later. Implicitly unwrapped types count as well.
    static func unwrap(_ file: SourceFile) -> [Finding] {
        each(file) { index, line in
            // `try!` and `as!` have a rule of their own.
            guard line.has("!") else { return nil }
            let rest = line.replacing(/\b(?:try|as)!/, with: "")
            guard rest.contains(/[\w)\]>?"]!(?!=)/) else { return nil }
            return explained(file, index, "a force unwrap traps")
        }.map { file.finding(.unwrap, at: $0, $1) }
    }

    /// Clocks, randomness, suspension, locks and floating point where results must be the same on every replica.
    static func purity(_ file: SourceFile) -> [Finding] {
        let isPure = ModuleTable.pure.contains(file.module)
        let impure: Set<String> = [
            "Date", "UUID", "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock", "Mutex", "Atomic",
            "Task",
            "Double", "Float",
        ]
        guard isPure || ModuleTable.synchronous.contains(file.module) else { return [] }
        return each(file) { _, line in
            if line.has("async") || line.has("await"), line.contains(/\b(?:async|await)\b/) {
                return "\(file.module) does not suspend"
            }
            guard isPure else { return nil }
            let words = line.split { !$0.isLetter && $0 != "_" }
            if let word = words.first(where: { impure.contains(String($0)) }) {
                return "\(word) has no place in \(file.module)"
            }
            if line.contains(/\.(?:random|randomElement|shuffled|shuffle)\s*\((?!.*using:)/) {
                return "unseeded randomness has no place in \(file.module)"
            }
            return nil
        }.map { file.finding(.purity, at: $0, $1) }
    }

    /// Notes that belong into an issue.
    static func leftovers(_ file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            guard line.has("TO" + "DO") || line.has("FIX" + "ME") || line.has("XX" + "X") || line.has("HA" + "CK"),
                let match = line.firstMatch(of: /\b(?:TO(?:)DO|FIX(?:)ME|XX(?:)X|HA(?:)CK)\b/)
            else { return nil }
            return file.finding(.leftovers, at: index, "\(match.output) is for issues, not for the tree")
        }
    }

    /// We ship programs: what modules share is `package`, and tests see what other modules see.
    static func access(_ file: SourceFile) -> [Finding] {
        let declarations: Set<Substring> = [
            "import", "struct", "class", "enum", "protocol", "actor", "func", "var", "let", "init", "extension",
            "static",
            "final", "typealias", "subscript",
        ]
        return each(file) { _, line in
            guard line.has("public") || line.has("open") || line.has("@testable") || line.has("XCTest") else {
                return nil
            }
            let words = line.split { !$0.isLetter }
            for (word, next) in zip(words, words.dropFirst()) where word == "public" || word == "open" {
                if declarations.contains(next) { return "package is our public" }
            }
            if line.has("@testable") { return "tests see what other modules see" }
            return line.has("import XCTest") ? "tests use Swift Testing" : nil
        }.map { file.finding(.access, at: $0, $1) }
    }

    private static func each(_ file: SourceFile, _ check: (Int, String) -> String?) -> [(Int, String)] {
        file.code.enumerated().compactMap { index, line in check(index, line).map { (index, $0) } }
    }

    private static func explained(_ file: SourceFile, _ index: Int, _ message: String) -> String? {
        file.isExplained(at: index) ? nil : message
    }
}
