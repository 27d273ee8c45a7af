/// What is wrong with a file, a name or a local federation: one sentence that begins with the place.
package struct TopologyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A file, or a file and the path of a value in it: `topology/local.yaml: placements.eu.replicas`.
    package let place: String
    /// What is wrong there, and what would be right where that is not plain.
    package let problem: String

    package init(_ place: String, _ problem: String) {
        self.place = place
        self.problem = problem
    }

    package var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
}
