/// One Swift file as written, and as code alone: comments and the contents of strings replaced by spaces.
struct SourceFile: Sendable {
    /// Relative to the repository, such as `Sources/Raft/Message.swift`.
    var path: String
    var lines: [String]
    var code: [String]

    init(path: String, text: String) {
        self.path = path
        self.lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        self.code = CodeText.blanked(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // A file ends with a line feed, which is not a line.
        if lines.last?.isEmpty == true { lines.removeLast() }
        if code.count > lines.count { code.removeLast(code.count - lines.count) }
    }

    /// The target the file belongs to: the folder below `Sources` or `Tests`.
    var module: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    var isSource: Bool { path.hasPrefix("Sources/") }

    var isGenerated: Bool { path.hasSuffix(".pb.swift") || path.contains("/Generated/") }

    /// Whether a `// SAFETY:` line explains this line: on it, or at most four lines above.
    func isExplained(at index: Int) -> Bool {
        lines[max(0, index - 4)...index].contains { $0.contains("// SAFETY:") }
    }

    func finding(_ rule: Rule, at index: Int, _ message: String) -> Finding {
        Finding(rule: rule, path: path, line: index + 1, message: message)
    }
}

/// The rules by name, as the table of exceptions uses them.
enum Rule: String, Sendable, CaseIterable {
    case imports, calls, unsafety, unwrap, purity, order, leftovers, fileSize, functionSize, lineLength, summary,
        typeName
    case access
}

/// One broken rule.
struct Finding: Hashable, Sendable, CustomStringConvertible {
    var rule: Rule
    var path: String
    var line: Int
    var message: String

    var description: String { "\(path):\(line): \(message) [\(rule.rawValue)]" }
}
