/// What the nodes of a federation were found to hold, to be judged by `PlacementVerdict`.
package struct PlacementEvidence: Sendable, Equatable {
    /// A placement's rule.
    package struct Rule: Sendable, Equatable {
        package let placement: String
        package let jurisdictions: [String]
        /// The nodes that are to hold it.
        package let holders: [String]

        package init(placement: String, jurisdictions: [String], holders: [String]) {
            self.placement = placement
            self.jurisdictions = jurisdictions
            self.holders = holders
        }
    }

    /// Something of one placement that one node holds.
    package struct Holding: Sendable, Equatable {
        package let placement: String
        /// The numbers of the groups whose replica the node is.
        package let groups: [UInt64]
        /// The numbers of the epoch keys in the node's hands.
        package let epochs: [UInt32]

        package init(placement: String, groups: [UInt64], epochs: [UInt32]) {
            self.placement = placement
            self.groups = groups
            self.epochs = epochs
        }
    }

    /// One node's own word.
    package struct Answer: Sendable, Equatable {
        /// The name that the answering node gave.
        package let node: String
        /// The region in the certificate of the node.
        package let certifiedRegion: String
        package let holdings: [Holding]

        package init(node: String, certifiedRegion: String, holdings: [Holding]) {
            self.node = node
            self.certifiedRegion = certifiedRegion
            self.holdings = holdings
        }
    }

    /// One node as the directory knows it, and its answer.
    package struct Node: Sendable, Equatable {
        package let name: String
        /// The region that the directory says.
        package let region: String
        /// Nil if the node has not answered.
        package let answer: Answer?
        /// Why the node has not answered.
        package let silence: String

        package init(name: String, region: String, answer: Answer?, silence: String = "") {
            self.name = name
            self.region = region
            self.answer = answer
            self.silence = silence
        }
    }

    package let regions: [FederationTopology.Region]
    package let rules: [Rule]
    package let nodes: [Node]

    package init(regions: [FederationTopology.Region], rules: [Rule], nodes: [Node]) {
        self.regions = regions
        self.rules = rules
        self.nodes = nodes
    }
}
