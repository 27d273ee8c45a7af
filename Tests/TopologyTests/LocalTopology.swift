import Topology

/// The federation of `topology/local.yaml`, and what tests make of it.
enum LocalTopology {
    /// The root of the package, found from this file.
    static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
        separator: "/")

    static let path = "\(root)/topology/local.yaml"

    static func text() throws -> String { try TextFile.read(path, limit: FederationTopology.fileLimit) }

    /// The file with one text replaced. Fails if the text is not there, so that no test changes nothing unnoticed.
    static func text(replacing old: String, with new: String) throws -> String {
        try replace(old, with: new, in: try text())
    }

    private static func replace(_ old: String, with new: String, in text: String) throws -> String {
        guard let range = text.firstRange(of: old) else { throw TopologyError(path, "does not contain '\(old)'") }
        return text.replacingCharacters(in: range, with: new)
    }

    static func parse(replacing old: String, with new: String) throws -> FederationTopology {
        try FederationTopology.parse(try text(replacing: old, with: new), source: "local.yaml")
    }

    static func parse(
        replacing old: String, with new: String, and another: String, with renewed: String
    ) throws -> FederationTopology {
        let once = try text(replacing: old, with: new)
        return try FederationTopology.parse(try replace(another, with: renewed, in: once), source: "local.yaml")
    }
}

extension String {
    fileprivate func firstRange(of part: String) -> Range<String.Index>? {
        indices.first { self[$0...].hasPrefix(part) }.map { $0..<index($0, offsetBy: part.count) }
    }

    fileprivate func replacingCharacters(in range: Range<String.Index>, with new: String) -> String {
        self[..<range.lowerBound] + new + self[range.upperBound...]
    }
}
