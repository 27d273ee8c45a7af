/// A place where a rule may be broken, and why.
struct Exception: Sendable {
    var rule: Rule
    /// A file, or with a trailing `/` all files of a folder.
    var path: String
    var reason: String
    /// Only findings whose line of code contains this; empty for all of the file.
    var text = ""
    /// The new limit of a size rule; nil for "no finding at all".
    var limit: Int?
}

/// All exceptions of the repository.
enum Exceptions {
    static let table: [Exception] = []

    /// Findings without those that are excepted.
    static func remaining(_ findings: [Finding], in files: [SourceFile]) -> [Finding] {
        let lines = Dictionary(files.map { ($0.path, $0.lines) }, uniquingKeysWith: { first, _ in first })
        return findings.filter { finding in
            let line = lines[finding.path].flatMap { finding.line <= $0.count ? $0[finding.line - 1] : nil } ?? ""
            return !table.contains { $0.covers(finding, line: line) }
        }
    }
}

extension Exception {
    func covers(_ finding: Finding, line: String) -> Bool {
        guard rule == finding.rule, limit == nil, text.isEmpty || line.contains(text) else { return false }
        return path.hasSuffix("/") ? finding.path.hasPrefix(path) : finding.path == path
    }
}
