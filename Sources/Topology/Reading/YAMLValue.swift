import YAMLGuard
import Yams

/// A value of a YAML file that knows where it stands, so that every error names its path.
///
/// Scalars are taken as the text in the file: `NO` is Norway, not false.
package struct YAMLValue {
    package let file: String
    /// As `placements.eu.replicas` or `nodes[2].region`; empty for the whole document.
    package let path: String
    private let node: Yams.Node

    /// More members than any federation has.
    private static let memberLimit = 4096

    /// Parses one document. Duplicate keys, aliases and malformed YAML are refused with their line.
    package init(parsing text: String, file: String) throws(TopologyError) {
        if let problem = YAMLForm.problem(in: text) { throw TopologyError(file, problem) }
        do {
            guard let root = try Yams.compose(yaml: text) else { throw TopologyError(file, "the file is empty") }
            self.init(file: file, path: "", node: root)
        } catch let error as YamlError {
            throw TopologyError(file, Self.sentence(for: error))
        } catch let error as TopologyError {
            throw error
        } catch {
            throw TopologyError(file, "the file is not YAML")
        }
    }

    private init(file: String, path: String, node: Yams.Node) {
        self.file = file
        self.path = path
        self.node = node
    }

    /// What to throw for something wrong with this value: file, path and problem.
    package func error(_ problem: String) -> TopologyError {
        TopologyError(path.isEmpty ? file : "\(file): \(path)", problem)
    }

    /// The members of a mapping, in the order of the file.
    package func members() throws(TopologyError) -> [(key: String, value: YAMLValue)] {
        guard case .mapping(let mapping) = node else { throw error("expected a mapping") }
        guard mapping.count <= Self.memberLimit else { throw error("more than \(Self.memberLimit) members") }
        var members: [(key: String, value: YAMLValue)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else { throw error("a key is not a plain text") }
            let inner = path.isEmpty ? scalar.string : "\(path).\(scalar.string)"
            members.append((scalar.string, YAMLValue(file: file, path: inner, node: value)))
        }
        return members
    }

    /// The members of a mapping whose keys are fixed. Any other key is an error.
    package func fields(_ known: String...) throws(TopologyError) -> YAMLFields { try fields(known: known) }

    /// The members of a mapping whose keys are fixed. Any other key is an error.
    package func fields(known: [String]) throws(TopologyError) -> YAMLFields {
        let members = try members()
        for (key, value) in members where !known.contains(key) {
            throw value.error("unknown key; known here: \(known.joined(separator: ", "))")
        }
        return YAMLFields(owner: self, members: members)
    }

    /// Whether it is a sequence, rather than one value.
    package var isList: Bool { if case .sequence = node { true } else { false } }

    /// The items of a sequence.
    package func items() throws(TopologyError) -> [YAMLValue] {
        guard case .sequence(let sequence) = node else { throw error("expected a list") }
        guard sequence.count <= Self.memberLimit else { throw error("more than \(Self.memberLimit) items") }
        return sequence.enumerated().map { YAMLValue(file: file, path: "\(path)[\($0.offset)]", node: $0.element) }
    }

    /// A scalar that is not empty.
    package func text() throws(TopologyError) -> String {
        guard case .scalar(let scalar) = node else { throw error("expected a text") }
        guard !scalar.string.isEmpty else { throw error("is empty") }
        return scalar.string
    }

    /// A list of scalars without duplicates.
    package func texts() throws(TopologyError) -> [String] {
        var texts: [String] = []
        for item in try items() {
            let text = try item.text()
            guard !texts.contains(text) else { throw item.error("'\(text)' is listed twice") }
            texts.append(text)
        }
        return texts
    }

    /// A decimal number in the range.
    package func integer(in range: ClosedRange<Int>) throws(TopologyError) -> Int {
        let text = try text()
        guard let number = Int(text), range.contains(number) else {
            throw error("'\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A duration such as `250ms`, `10s`, `5m`, `24h`.
    package func duration() throws(TopologyError) -> Duration {
        let text = try text()
        guard let duration = DurationText.parse(text) else {
            throw error("'\(text)' is not a duration; write it as 250ms, 10s, 5m or 24h")
        }
        return duration
    }

    private static func sentence(for error: YamlError) -> String {
        switch error {
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.sorted().map { "'\($0)'" }.joined(separator: ", ")
            return "line \(context.mark.line): duplicate key \(keys)"
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return "line \(mark.line), column \(mark.column): \(problem)"
        case .reader(let problem, _, _, _):
            return "the file is not text: \(problem)"
        default:
            return "the file is not YAML"
        }
    }
}

/// The members of a mapping whose keys are all known.
package struct YAMLFields {
    package let owner: YAMLValue
    package let members: [(key: String, value: YAMLValue)]

    /// `nil` if the key is absent.
    package func optional(_ key: String) -> YAMLValue? { members.first { $0.key == key }?.value }

    /// An absent key is an error at the owner.
    package func required(_ key: String) throws(TopologyError) -> YAMLValue {
        guard let value = optional(key) else { throw owner.error("'\(key)' is missing") }
        return value
    }
}
