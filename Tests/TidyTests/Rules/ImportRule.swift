import Foundation

/// Who may import whom.
enum ImportRule {
    static func check(_ file: SourceFile) -> [Finding] {
        // The portable way to say "the small one where there is one".
        let isConditional = file.code.contains { $0.contains("canImport(FoundationEssentials)") }
        return imports(of: file).compactMap { index, name in
            if ModuleTable.permits(file.module, importing: name) || name == file.module { return nil }
            if name == "Foundation", isConditional, ModuleTable.permits(file.module, importing: "FoundationEssentials")
            {
                return nil
            }
            return file.finding(.imports, at: index, "\(file.module) may not import \(name)")
        }
    }

    /// The imported modules with their lines, counted from zero.
    static func imports(of file: SourceFile) -> [(index: Int, name: String)] {
        let pattern =
            /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+(.+)/
        let kind = /^(?:struct|class|enum|func|protocol|typealias|var|let)\s+/
        return file.code.enumerated().compactMap { index, line in
            guard line.has("import "), let match = line.firstMatch(of: pattern) else { return nil }
            let name = String(match.1).replacing(kind, with: "")
            return (index, String(name.prefix { $0.isLetter || $0.isNumber || $0 == "_" }))
        }
    }

    /// What a manifest declares between targets, as far as the names of our modules appear in their lists.
    static func declared(inManifest text: String) -> [(target: String, dependency: String)] {
        let names = Set(ModuleTable.rows.map(\.name))
        let target = /\.(?:target|executableTarget)\(\s*name:\s*"([^"]+)",\s*dependencies:\s*\[([^\]]*)\]/
        let quoted = /"([^"]+)"/
        return text.matches(of: target).flatMap { match in
            match.2.matches(of: quoted).map { (String(match.1), String($0.1)) }.filter { names.contains($0.1) }
        }
    }
}
