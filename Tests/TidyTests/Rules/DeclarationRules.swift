/// How declarations are named and described.
enum DeclarationRules {
    /// No type is called like its module: `Name.Other` would look into the type instead of the module.
    static func typeName(_ file: SourceFile) -> [Finding] {
        let type = /\b(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)/
        return file.code.enumerated().compactMap { index, line in
            guard line.has(file.module), let match = line.firstMatch(of: type), match.1 == file.module else {
                return nil
            }
            return file.finding(.typeName, at: index, "the type \(match.1) bears its module's name")
        }
    }

    /// Each `package` type and function has a `///` summary. Initialisers, properties and operators speak through their
    /// names, and an implementation of a protocol's requirement is described at the protocol.
    static func summary(_ file: SourceFile, requirements: Set<String>) -> [Finding] {
        file.code.enumerated().compactMap { index, line in
            guard let (kind, name) = declared(in: line) else { return nil }
            let isOperator = name.first.map { !$0.isLetter && $0 != "_" && $0 != "`" } ?? true
            if kind == "func", isOperator || requirements.contains(name) { return nil }
            if hasSummary(file, above: index) { return nil }
            return file.finding(.summary, at: index, "\(name) has no summary")
        }
    }

    /// Names of functions that some protocol asks for: ours as found in the tree, and those of libraries.
    static func requirements(in files: [SourceFile]) -> Set<String> {
        var names: Set<String> = [
            "hash", "encode", "decode", "next", "makeIterator", "makeAsyncIterator", "run", "validate", "log", "index",
            "errorCaught", "userInboundEventTriggered", "triggerUserOutboundEvent", "bind", "connect", "register",
            "close",
            "deactivate", "visit", "meetsPolicyRequirements", "decodeLast", "serialize", "write", "flush", "read",
        ]
        for file in files {
            var depth = 0
            var protocolDepth: Int?
            for line in file.code {
                if protocolDepth == nil, line.has("protocol "), line.contains(/\bprotocol\s+\w+/) {
                    protocolDepth = depth
                }
                if protocolDepth != nil, line.has("func "), let match = line.firstMatch(of: /\bfunc\s+`?(\w+)/) {
                    names.insert(String(match.1))
                }
                for scalar in line.unicodeScalars {
                    if scalar == "{" { depth += 1 }
                    if scalar == "}" { depth -= 1 }
                }
                if let started = protocolDepth, depth <= started { protocolDepth = nil }
            }
        }
        return names
    }

    /// The kind and name of the `package` type or function that a line declares.
    static func declared(in line: String) -> (kind: String, name: String)? {
        guard line.has("package "), !line.has("package import") else { return nil }
        let modifiers: Set<Substring> = [
            "final", "static", "nonisolated", "mutating", "consuming", "borrowing", "indirect", "package",
        ]
        let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "func"]
        var words = line.split(separator: " ").filter { !$0.hasPrefix("@") }[...]
        var isPackage = false
        while let word = words.first, modifiers.contains(word) || (word == "class" && words.dropFirst().first == "func")
        {
            isPackage = isPackage || word == "package"
            words.removeFirst()
        }
        guard isPackage, words.count > 1, let kind = words.popFirst(), kinds.contains(kind), let rest = words.first
        else {
            return nil
        }
        let isWord = rest.first.map { $0.isLetter || $0 == "_" || $0 == "`" } ?? false
        let name = rest.prefix { isWord ? $0.isLetter || $0.isNumber || $0 == "_" || $0 == "`" : true }
        return (String(kind), String(name).replacing("`", with: ""))
    }

    /// Attributes and conditional compilation may stand between the summary and what it describes.
    private static func hasSummary(_ file: SourceFile, above index: Int) -> Bool {
        var line = index - 1
        while line >= 0 {
            let text = file.lines[line].trimmingSpaces
            if text.hasPrefix("///") || text.hasSuffix("*/") { return true }
            guard text.hasPrefix("@") || text.hasPrefix("#if") || text.hasPrefix("//") else { return false }
            line -= 1
        }
        return false
    }
}
