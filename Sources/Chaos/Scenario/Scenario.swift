/// A story of faults, the load that goes on meanwhile, and what must be seen: one file under `chaos/`.
package struct Scenario: Sendable, Equatable {
    /// Whose failures are looked at.
    package enum Subject: String, Sendable, CaseIterable { case claviger, etcd }

    /// The file's name without its ending.
    package var name: String
    /// What it shows, in one sentence.
    package var title: String
    /// Which promises of `docs/promises.md` it tests, as `R1`.
    package var promises: [String]
    /// Whether it belongs to the short set.
    package var isShort: Bool
    package var subject: Subject
    /// The path of a federation's topology; only the number of its nodes counts for etcd.
    package var topology: String
    package var distances: Distances
    package var loads: [Load]
    /// How long the load goes on. The schedule's times count from its beginning.
    package var length: Duration
    /// In the order of their times.
    package var schedule: [ScheduledFault]
    package var expectations: [Expectation]

    package init(
        name: String, title: String, promises: [String] = [], isShort: Bool = false, subject: Subject = .claviger,
        topology: String, distances: Distances = Distances(), loads: [Load], length: Duration,
        schedule: [ScheduledFault] = [], expectations: [Expectation] = []
    ) {
        self.name = name
        self.title = title
        self.promises = promises
        self.isShort = isShort
        self.subject = subject
        self.topology = topology
        self.distances = distances
        self.loads = loads
        self.length = length
        self.schedule = schedule
        self.expectations = expectations
    }
}

/// How far nodes and clients are from each other when nothing is wrong. Without a network of our own there is none.
package struct Distances: Sendable, Equatable {
    /// One way between a region's clients and its nodes, and between its nodes.
    package var within: Duration = .zero
    /// One way between regions: half of what a ping shows.
    package var between: Duration = .zero
    /// Share of packets that are lost between regions, 0 to 1.
    package var loss: Double = 0

    package init(within: Duration = .zero, between: Duration = .zero, loss: Double = 0) {
        self.within = within
        self.between = between
        self.loss = loss
    }
}

/// A kind of calls, made for as long as the scenario lasts.
package struct Load: Sendable, Equatable {
    /// Which calls.
    package enum Kind: String, Sendable, CaseIterable {
        /// Makes keys, each with a name of its own: what is acknowledged must never be lost.
        case writes
        /// Creates, rotates, disables, enables, tags and reads a few keys from several clients: what the order of
        /// answers is judged by.
        case lifecycle
        /// Encrypts, and decrypts what was encrypted at any time before.
        case crypto
        /// The same through the Kubernetes plugin of each region, as kube-apiserver would.
        case kubernetes
        /// Encrypts at each single node, without failover: shows what each of them serves.
        case probe
        /// Puts and reads policies.
        case policies
        /// Lists keys page by page.
        case listing
        /// Disables a key that probes use, waits until no node serves it any more, and enables it again.
        case revocation
        /// Writes and reads registers of etcd.
        case registers
        /// What a fault's callers ask without pause; no load that a file can name.
        case overload
        /// Reads of all that was written, after the load's end; no load that a file can name.
        case look

        /// Those that a file can name.
        package static let ofFiles = allCases.filter { $0 != .overload && $0 != .look }
    }

    package var kind: Kind
    package var placement: String
    /// Calls per second of all clients together.
    package var rate: Double
    /// Clients in each region.
    package var clients: Int
    /// Keys that are shared by the clients.
    package var keys: Int
    /// Where the clients are; empty: in every region of the placement.
    package var regions: [String]

    package init(
        _ kind: Kind, placement: String, rate: Double, clients: Int = 1, keys: Int = 8, regions: [String] = []
    ) {
        self.kind = kind
        self.placement = placement
        self.rate = rate
        self.clients = clients
        self.keys = keys
        self.regions = regions
    }
}
