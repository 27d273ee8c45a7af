/// Dictionaries and sets are not walked in pure modules: their order differs from one instance to the next.
///
/// A heuristic: names that a file declares with a dictionary or set type, walked in the same file without being sorted.
enum OrderRule {
    static func check(_ file: SourceFile) -> [Finding] {
        guard ModuleTable.pure.contains(file.module) else { return [] }
        let names = unordered(in: file)
        guard !names.isEmpty else { return [] }
        return file.code.enumerated().compactMap { index, line in
            guard !line.contains(".sorted"), !line.contains(".min("), !line.contains(".max(") else { return nil }
            guard let name = walked(line), names.contains(name) else { return nil }
            return file.finding(.order, at: index, "\(name) is a dictionary or set: sort before walking it")
        }
    }

    /// Names with an unordered type, by their declarations.
    private static func unordered(in file: SourceFile) -> Set<String> {
        var names: Set<String> = []
        let patterns = [
            /\b(?:var|let)\s+(\w+)\s*:\s*(?:\[[^\[\](:]+:[^\]]+\]|Set<|Dictionary<)/,
            /\b(?:var|let)\s+(\w+)\s*=\s*(?:\[[^\[\]:]*:[^\]]*\]\s*\(?|Set<[^>]*>\s*\(|Set\s*\(|Dictionary\s*[<(])/,
        ]
        for line in file.code {
            for pattern in patterns {
                for match in line.matches(of: pattern) { names.insert(String(match.1)) }
            }
        }
        return names
    }

    /// The name of what the line walks, if it walks something.
    private static func walked(_ line: String) -> String? {
        if let match = line.firstMatch(of: /\bfor\b.*\bin\s+(?:self\.)?(\w+)(?:\.keys|\.values)?\s*(?:\{|where\b)/) {
            return String(match.1)
        }
        let calls =
            /\b(\w+)(?:\.keys|\.values)?\.(?:map|compactMap|flatMap|forEach|reduce|first|enumerated|joined|prefix)\b/
        if let match = line.firstMatch(of: calls) { return String(match.1) }
        if let match = line.firstMatch(of: /\bArray\(\s*(?:self\.)?(\w+)(?:\.keys|\.values)?\s*\)/) {
            return String(match.1)
        }
        return nil
    }
}
