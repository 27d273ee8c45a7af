package import Topology

/// What must not be found outside a placement, and where it was found all the same.
package struct LeakSearch: Sendable {
    /// One thing to look for.
    package struct Wanted: Sendable {
        /// For a person; it says of which placement it is.
        package let label: String
        package let bytes: [UInt8]
        package let placement: String

        package init(label: String, bytes: [UInt8], placement: String) {
            self.label = label
            self.bytes = bytes
            self.placement = placement
        }
    }

    package let wanted: [Wanted]

    package init(wanted: [Wanted]) { self.wanted = wanted }

    /// The patterns for a node that holds these placements: whatever is of another one, in each form in which bytes are
    /// written down. With `except`, nothing that stands in one of these texts.
    package func search(outside held: Set<String>, except brought: [[UInt8]] = []) -> CanarySearch {
        let foreign = wanted.filter { !held.contains($0.placement) }
        let patterns = foreign.filter { one in !brought.contains { Self.contains($0, one.bytes) } }
            .flatMap { CanarySearch.patterns(label: $0.label, secret: $0.bytes) }
        return CanarySearch(patterns: patterns)
    }

    /// The patterns of one placement.
    package func search(of placement: String) -> CanarySearch {
        CanarySearch(
            patterns: wanted.filter { $0.placement == placement }
                .flatMap { CanarySearch.patterns(label: $0.label, secret: $0.bytes) })
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard let first = part.first, text.count >= part.count else { return false }
        return (0...text.count - part.count).contains { start in
            text[start] == first && text[start..<start + part.count].elementsEqual(part)
        }
    }
}
