/// Why something of the harness cannot be done: one sentence that begins with the place.
package struct ChaosError: Error, Sendable, Hashable, CustomStringConvertible {
    package let place: String
    package let problem: String

    package init(_ place: String, _ problem: String) {
        self.place = place
        self.problem = problem
    }

    package var description: String { "\(place): \(problem)" }
}
