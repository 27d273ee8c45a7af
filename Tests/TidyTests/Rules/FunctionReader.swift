import Glibc

/// Finds functions and where they end, by counting braces in code without comments and strings.
enum FunctionReader {
    struct Body: Hashable {
        var name: String
        /// Lines, counted from zero.
        var first: Int
        var last: Int
    }

    static func bodies(in code: [String]) -> [Body] {
        let words = ["func ", "init", "subscript", "deinit"]
        let declaration = /(?:^|\s)(?:func\s+(?:`?\w+`?|[^\s\w(]+)|init[?]?(?=[<(])|subscript(?=[<(])|deinit(?=\s))/
        return code.indices.compactMap { index in
            guard words.contains(where: code[index].has), let match = code[index].firstMatch(of: declaration) else {
                return nil
            }
            let name = String(match.output).trimmingSpaces
            let start = match.range.upperBound.utf16Offset(in: code[index])
            guard let open = opening(code, line: index, column: start),
                let last = closing(code, line: open.line, column: open.column)
            else { return nil }
            return Body(name: name, first: index, last: last)
        }
    }

    /// The brace that opens the body; nil for a requirement of a protocol, which has none.
    private static func opening(_ code: [String], line: Int, column: Int) -> (line: Int, column: Int)? {
        var depth = 0
        for index in line..<min(code.count, line + 40) {
            let scalars = Array(code[index].utf16)
            for column in (index == line ? column : 0)..<max(index == line ? column : 0, scalars.count) {
                switch scalars[column] {
                case 0x28, 0x5B: depth += 1  // ( [
                case 0x29, 0x5D: depth -= 1  // ) ]
                case 0x7B where depth == 0: return (index, column)  // {
                case 0x7B: depth += 1
                case 0x7D where depth == 0: return nil  // }
                case 0x7D: depth -= 1
                default: break
                }
            }
            guard depth == 0, index + 1 < code.count else { continue }
            let ending = code[index].trimmingSpaces
            let next = code[index + 1].trimmingSpaces
            let continues = ["{", "->", "throws", "async", "rethrows", "where"].contains { next.hasPrefix($0) }
            if !continues, !ending.hasSuffix(","), !ending.hasSuffix("->"), !ending.hasSuffix("where") { return nil }
        }
        return nil
    }

    /// The line of the brace that closes the one at this place.
    private static func closing(_ code: [String], line: Int, column: Int) -> Int? {
        var depth = 0
        for index in line..<code.count {
            for (position, scalar) in code[index].utf16.enumerated() where index > line || position >= column {
                if scalar == 0x7B { depth += 1 }
                if scalar == 0x7D { depth -= 1 }
                if depth == 0 && (scalar == 0x7D) { return index }
            }
        }
        return nil
    }
}

extension String {
    /// Whether the text is in here; much faster than a regular expression, which most lines need not see.
    func has(_ text: String) -> Bool { strstr(self, text) != nil }

    var trimmingSpaces: String {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
