/// How the core did in a set of scenario files.
package struct ConformanceReport: Hashable, Sendable {
    /// A command whose output was not the expected one.
    package struct Difference: Hashable, Sendable {
        /// Number of the command's line, from 1.
        package var line: Int
        package var command: String
        package var expected: String
        package var actual: String

        /// Both outputs line by line, without the lines they begin and end with in common.
        package var comparison: [String] {
            var expected = expected.split(separator: "\n", omittingEmptySubsequences: false)[...]
            var actual = actual.split(separator: "\n", omittingEmptySubsequences: false)[...]
            while let first = expected.first, first == actual.first {
                expected.removeFirst()
                actual.removeFirst()
            }
            while let last = expected.last, last == actual.last {
                expected.removeLast()
                actual.removeLast()
            }
            return expected.map { "  - \($0)" } + actual.map { "  + \($0)" }
        }
    }

    /// How one scenario file went.
    package struct File: Hashable, Sendable {
        /// Path below the directory that was run.
        package var name: String
        package var directives = 0
        package var differences: [Difference] = []

        package var passed: Int { directives - differences.count }
    }

    package var files: [File] = []

    package init() {}

    package var directives: Int { files.reduce(0) { $0 + $1.directives } }
    package var passed: Int { files.reduce(0) { $0 + $1.passed } }
    package var isComplete: Bool { passed == directives }

    /// A line for each file and a total; with `verbose` every difference line by line.
    package func lines(verbose: Bool) -> [String] {
        var lines: [String] = []
        for file in files {
            lines.append("\(file.name): \(file.passed) of \(file.directives)")
            guard verbose else { continue }
            for difference in file.differences {
                lines.append("\(file.name):\(difference.line): \(difference.command)")
                lines += difference.comparison
            }
        }
        return lines + ["\(passed) of \(directives) directives"]
    }
}
