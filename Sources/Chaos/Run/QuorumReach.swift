/// Which nodes can still get answers from a majority, as far as the faults that are active tell.
///
/// Two nodes reach each other if packets pass both ways and both run. Messages are not relayed, so a node has a quorum
/// if a majority of the holders, itself among them, are its own neighbours.
package struct QuorumReach: Sendable {
    /// Holders of one placement.
    package let holders: [String]
    /// Nodes that do not run or are stopped.
    package var down: Set<String> = []
    /// Active faults of the network.
    package var faults: [NetworkFault] = []

    /// Nobody is down, nothing is cut.
    package init(holders: [String]) { self.holders = holders }

    /// Running holders that reach no majority.
    package var isolated: Set<String> {
        let running = holders.filter { !down.contains($0) }
        let majority = holders.count / 2 + 1
        return Set(running.filter { node in running.filter { reach(node, $0) }.count < majority })
    }

    private func reach(_ one: String, _ other: String) -> Bool {
        one == other || (passes(from: one, to: other) && passes(from: other, to: one))
    }

    private func passes(from sender: String, to receiver: String) -> Bool {
        faults.allSatisfy { fault in
            switch fault {
            case .cut(let one, let other, let isOneWay):
                !(one.nodes.contains(sender) && other.nodes.contains(receiver))
                    && (isOneWay || !(other.nodes.contains(sender) && one.nodes.contains(receiver)))
            case .split(let groups):
                Self.group(of: sender, in: groups) == Self.group(of: receiver, in: groups)
                    || Self.group(of: sender, in: groups) == nil || Self.group(of: receiver, in: groups) == nil
            case .link(let one, let other, _, let loss):
                loss < 1
                    || !(one.nodes.contains(sender) && other.nodes.contains(receiver)
                        || other.nodes.contains(sender) && one.nodes.contains(receiver))
            }
        }
    }

    private static func group(of node: String, in groups: [Whereabouts]) -> Int? {
        groups.firstIndex { $0.nodes.contains(node) }
    }
}
