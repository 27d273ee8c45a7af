#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ConformanceRunner {
    /// Puts what each command prints in the place of what its file expects, where the two differ. For writing
    /// scenarios: every block that it changes wants to be read. Returns the files that changed.
    package func rewrite() throws -> [String] {
        var changed: [String] = []
        for path in try files(in: "") {
            let text = try String(contentsOfFile: root + "/" + path, encoding: .utf8)
            let rewritten = try Self.rewritten(text)
            guard rewritten != text else { continue }
            try rewritten.write(toFile: root + "/" + path, atomically: true, encoding: .utf8)
            changed.append(path)
        }
        return changed
    }

    /// The text of a file with the output of its commands.
    static func rewritten(_ text: String) throws(ScenarioError) -> String {
        let directives = try ScenarioDirective.parse(text)
        let actual = outputs(of: directives)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var result: [String] = []
        var copied = 0
        for (directive, output) in zip(directives, actual) {
            guard let place = directive.output, output.isDifferent else { continue }
            result += lines[copied..<place.lowerBound]
            var printed = output.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if printed.last?.isEmpty == true { printed.removeLast() }
            let isDoubled = lines[place.lowerBound] == "----" || printed.contains { $0.allSatisfy(\.isWhitespace) }
            result += isDoubled ? ["----"] + printed + ["----", "----"] : printed + [""]
            copied = place.upperBound
        }
        return (result + lines[copied...]).joined(separator: "\n")
    }
}
