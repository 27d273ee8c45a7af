import Topology

/// What `plan` and `apply` print.
struct TopologyChange: Encodable {
    let file: String
    let diff: [String]
    let applied: Bool
}

/// A topology file on its way to a node.
enum TopologyText {
    /// The text of a file that is a valid topology; a mistake in it is found here, with its place in the file.
    static func read(_ path: String) throws(TopologyError) -> String {
        let text = try TextFile.read(path, limit: FederationTopology.fileLimit)
        _ = try FederationTopology.parse(text, source: path)
        return text
    }

    static func describe(_ diff: [String], file: String) -> String {
        diff.isEmpty ? "the federation is as \(file) says" : diff.joined(separator: "\n")
    }
}
