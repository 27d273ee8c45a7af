/// One command of a scenario file with the output expected of it.
///
/// A file is a list of `command argument…` lines, each followed by input lines, a line `----`, and the expected output
/// up to a blank line; output that holds blank lines stands between doubled `----` lines. `#` begins a comment line.
struct ScenarioDirective: Hashable, Sendable {
    /// `key`, `key=value` or `key=(value, value, …)`.
    struct Argument: Hashable, Sendable {
        var key: String
        var values: [String] = []
    }

    /// Number of the command's line, from 1.
    var line: Int
    var command: String
    var arguments: [Argument]
    var input: String
    /// Every line of it ends with a newline.
    var expected: String
    /// The lines of the file, from 0, that hold the expected output; nil when the command has none.
    var output: Range<Int>?

    func values(of key: String) -> [String] { arguments.first { $0.key == key }?.values ?? [] }
}

extension ScenarioDirective {
    /// Reads a whole file.
    static func parse(_ text: String) throws(ScenarioError) -> [ScenarioDirective] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        var reader = LineReader(lines: lines)
        var directives: [ScenarioDirective] = []
        while let directive = try reader.nextDirective() { directives.append(directive) }
        return directives
    }
}

private struct LineReader {
    let lines: [String]
    private var place = 0

    init(lines: [String]) { self.lines = lines }

    private mutating func next() -> String? {
        guard place < lines.count else { return nil }
        defer { place += 1 }
        return lines[place]
    }

    mutating func nextDirective() throws(ScenarioError) -> ScenarioDirective? {
        while var line = next()?.trimmed {
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            let number = place
            while line.hasSuffix("\\"), let continuation = next() {
                line = line.dropLast() + " " + continuation.trimmed
            }
            var words = ArgumentScanner(rest: Substring(line))
            let command = words.take(upTo: " ")
            if command == "subtest" { continue }
            let arguments = try words.arguments()
            let (input, hasOutput) = readInput()
            var directive = ScenarioDirective(
                line: number, command: command, arguments: arguments, input: input, expected: "")
            guard hasOutput else { return directive }
            let start = place
            directive.expected = readExpected()
            directive.output = start..<place
            return directive
        }
        return nil
    }

    private mutating func readInput() -> (input: String, hasOutput: Bool) {
        var input: [String] = []
        while let line = next() {
            if line == "----" { return (input.joined(separator: "\n").trimmed, true) }
            input.append(line)
        }
        return (input.joined(separator: "\n").trimmed, false)
    }

    private mutating func readExpected() -> String {
        var expected = ""
        if place < lines.count, lines[place] == "----" {
            place += 1
            while let line = next() {
                if line == "----", place < lines.count, lines[place] == "----" {
                    place += 1
                    break
                }
                expected += line + "\n"
            }
        } else {
            while let line = next(), !line.trimmed.isEmpty { expected += line + "\n" }
        }
        return expected
    }
}

private struct ArgumentScanner {
    var rest: Substring

    mutating func take(upTo ends: Character...) -> String {
        let end = rest.firstIndex { ends.contains($0) } ?? rest.endIndex
        defer { rest = rest[end...] }
        return String(rest[..<end])
    }

    mutating func arguments() throws(ScenarioError) -> [ScenarioDirective.Argument] {
        var arguments: [ScenarioDirective.Argument] = []
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            guard !rest.isEmpty else { return arguments }
            var argument = ScenarioDirective.Argument(key: take(upTo: " ", "="))
            guard !argument.key.isEmpty else { throw ScenarioError("an argument without a name") }
            if rest.first == "=" {
                rest.removeFirst()
                argument.values = rest.first == "(" ? try list() : [take(upTo: " ")]
            }
            arguments.append(argument)
        }
    }

    /// Values in parentheses, which may hold balanced parentheses themselves.
    private mutating func list() throws(ScenarioError) -> [String] {
        rest.removeFirst()
        var values: [String] = []
        var value = ""
        var depth = 1
        while let character = rest.popFirst() {
            switch character {
            case "," where depth == 1:
                values.append(value)
                value = ""
                rest = rest.drop { $0 == " " }
                continue
            case "(": depth += 1
            case ")": depth -= 1
            default: break
            }
            if depth == 0 { return values + [value] }
            value.append(character)
        }
        throw ScenarioError("a list without an end")
    }
}

/// What a scenario prints when a command cannot be carried out.
struct ScenarioError: Error, Hashable, Sendable {
    var text: String
    init(_ text: String) { self.text = text }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
