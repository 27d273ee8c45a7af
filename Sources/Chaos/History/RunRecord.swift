/// All that was seen in one run of a scenario: what checks and figures are made from.
package struct RunRecord: Sendable {
    /// Something that the harness did or noticed, for the time line.
    package struct Event: Sendable, Equatable {
        /// What it was.
        package enum Kind: String, Sendable, Codable {
            /// A fault began, or was undone.
            case fault, undone
            case nodeStarted, nodeReady, nodeEnded
            case leader
            case note
        }

        /// Nanoseconds since the beginning of the load.
        package var at: Int64
        package var kind: Kind
        /// For a person.
        package var text: String
        /// The nodes that it is about.
        package var nodes: [String]
        /// Placement or `directory`, of a change of leaders.
        package var group: String
        /// Term of a change of leaders.
        package var term: UInt64

        package init(
            at: Int64, _ kind: Kind, _ text: String, nodes: [String] = [], group: String = "", term: UInt64 = 0
        ) {
            self.at = at
            self.kind = kind
            self.text = text
            self.nodes = nodes
            self.group = group
            self.term = term
        }
    }

    /// A row of a node's audit file.
    package struct AuditRow: Sendable, Equatable {
        package var node: String
        package var requestID: String
        package var principal: String
        package var action: String
        package var keyName: String
        /// `ok` or an error's code.
        package var outcome: String

        package init(
            node: String, requestID: String, principal: String, action: String, keyName: String, outcome: String
        ) {
            self.node = node
            self.requestID = requestID
            self.principal = principal
            self.action = action
            self.keyName = keyName
            self.outcome = outcome
        }
    }

    /// What a read that a quorum confirmed found after all faults were undone.
    package struct FinalRead: Sendable, Equatable {
        package var key: String
        /// Nil: nobody could say.
        package var exists: Bool?

        package init(key: String, exists: Bool?) {
            self.key = key
            self.exists = exists
        }
    }

    package var scenario: Scenario
    package var seed: UInt64
    package var calls: [ChaosCall] = []
    /// By time.
    package var events: [Event] = []
    /// When faults were about the clients of regions: from the fault's beginning until it was undone.
    package var affectedRegions: [Affected] = []
    /// When faults were about nodes: until they were undone, or the node was started or resumed again; else to the end
    /// of the run.
    package var affectedNodes: [Affected] = []
    /// When and for how long nodes had no quorum within reach, by node: from the fault's beginning to its end.
    package var withoutQuorum: [Affected] = []
    package var auditRows: [AuditRow] = []
    /// Nodes whose audit file could not be read whole, for example as its disk was removed.
    package var unreadableAudits: Set<String> = []
    package var finalReads: [FinalRead] = []
    /// Ciphertexts of the whole run that were opened again at its end: how many, and which calls' were refused.
    package var reopened = 0
    package var unopened: [Int] = []
    /// What was found of a placement's material or plaintext outside it, for a person; also what `pull` got.
    package var leaks: [String] = []
    package var storms: [Storm] = []
    /// Whatever kept the run from being what the scenario says: it does not pass then.
    package var mishaps: [String] = []
    /// Longest wait of the harness's own clock beyond what it asked for, in nanoseconds: how far times can be trusted.
    package var longestStall: Int64 = 0

    /// A time in which a fault was about a region or a node, or in which a node reached no majority; nanoseconds since
    /// the beginning of the load. Times of several faults may overlap.
    package struct Affected: Sendable, Equatable {
        package var name: String
        package var from: Int64
        package var until: Int64

        package init(name: String, from: Int64, until: Int64) {
            self.name = name
            self.from = from
            self.until = until
        }
    }

    /// What came of many API servers that began at once.
    package struct Storm: Sendable, Equatable {
        /// Nanoseconds until all was done.
        package var took: Int64
        package var longestCall: Int64
        package var calls: Int
        package var errors: Int

        package init(took: Int64, longestCall: Int64, calls: Int, errors: Int) {
            self.took = took
            self.longestCall = longestCall
            self.calls = calls
            self.errors = errors
        }
    }

    package init(scenario: Scenario, seed: UInt64) {
        self.scenario = scenario
        self.seed = seed
    }
}
