import Glibc
import YAMLGuard
import Yams

/// The top level of a YAML file whose keys are fixed. Scalars are taken as the text in the file: `0660` is not a
/// number.
struct ConfigurationFile {
    static let limit = 64 << 10
    private let source: String
    private let members: [String: Yams.Node]

    /// Malformed YAML, aliases, duplicate and unknown keys are refused.
    init(parsing text: String, source: String, known: [String]) throws(ConfigurationError) {
        self.source = source
        if let problem = YAMLForm.problem(in: text) { throw ConfigurationError(source, problem) }
        let root: Yams.Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationError(source, Self.sentence(for: error))
        } catch {
            throw ConfigurationError(source, "the file is not YAML")
        }
        guard let root else { throw ConfigurationError(source, "the file is empty") }
        guard case .mapping(let mapping) = root else { throw ConfigurationError(source, "expected a mapping") }
        var members: [String: Yams.Node] = [:]
        for (key, value) in mapping {
            guard case .scalar(let name) = key else { throw ConfigurationError(source, "a key is not a plain text") }
            guard known.contains(name.string) else {
                throw ConfigurationError(
                    "\(source): \(name.string)", "unknown key; known here: \(known.joined(separator: ", "))")
            }
            members[name.string] = value
        }
        self.members = members
    }

    /// The whole text of a file.
    static func read(_ path: String) throws(ConfigurationError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw ConfigurationError(path, "cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw ConfigurationError(path, "cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw ConfigurationError(path, "has more than \(limit) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(path, "is not UTF-8 text")
        }
        return text
    }

    func error(_ key: String, _ problem: String) -> ConfigurationError {
        ConfigurationError("\(source): \(key)", problem)
    }

    /// A scalar that is not empty, or nil if the key is absent.
    func text(_ key: String) throws(ConfigurationError) -> String? {
        guard let node = members[key] else { return nil }
        return try text(node, key)
    }

    func required(_ key: String) throws(ConfigurationError) -> String {
        guard let text = try text(key) else { throw ConfigurationError(source, "'\(key)' is missing") }
        return text
    }

    /// A list of different scalars, or nil if the key is absent.
    func texts(_ key: String) throws(ConfigurationError) -> [String]? {
        guard let node = members[key] else { return nil }
        guard case .sequence(let sequence) = node else { throw error(key, "expected a list") }
        var texts: [String] = []
        for (index, item) in sequence.enumerated() {
            let text = try text(item, "\(key)[\(index)]")
            guard !texts.contains(text) else { throw error(key, "'\(text)' is listed twice") }
            texts.append(text)
        }
        return texts
    }

    private func text(_ node: Yams.Node, _ place: String) throws(ConfigurationError) -> String {
        guard case .scalar(let scalar) = node else { throw error(place, "expected a text") }
        guard !scalar.string.isEmpty else { throw error(place, "is empty") }
        return scalar.string
    }

    private static func sentence(for error: YamlError) -> String {
        switch error {
        case .duplicatedKeysInMapping(let duplicates, let context):
            "line \(context.mark.line): duplicate key \(duplicates.sorted().map { "'\($0)'" }.joined(separator: ", "))"
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        default:
            "the file is not YAML"
        }
    }
}
