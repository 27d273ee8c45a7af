/// What a scenario is played on: processes that can be hurt, and clients' ways to them. One for each run.
///
/// Everything throws `ChaosError` with what could not be done; none of it leaves a process behind after `end`.
package protocol ChaosStage: LoadGround {
    /// Starts everything and waits until it serves, for two minutes at most.
    func start() async throws
    /// Ends everything and undoes all faults, however things stand. May be called twice.
    func end() async

    /// Called as things happen, from any thread: processes that start, are ready, end, begin to lead.
    func observe(_ body: @escaping @Sendable (RunRecord.Event) -> Void)
    /// From now on `now` counts from zero.
    func beginClock()

    /// Names of all nodes, in the topology's order.
    var nodes: [String] { get }
    /// The region of a node.
    func region(of node: String) -> String
    /// Who is meant at this moment; `same` was resolved before.
    func resolve(_ targets: [Target]) async throws -> Whereabouts

    func kill(_ nodes: [String]) async throws
    /// Kills all of them at the same moment, and takes from their disks what they had not synced.
    func losePower(_ nodes: [String]) async throws
    func stop(_ nodes: [String]) async throws
    /// Starts those that do not run; returns when all are ready, and throws when one is not within a minute.
    func start(_ nodes: [String]) async throws
    func pause(_ nodes: [String]) throws
    func resume(_ nodes: [String]) throws
    /// Nil: all of its time again.
    func slowProcessor(_ nodes: [String], share: Double?) throws
    func wipe(_ nodes: [String]) async throws
    func rejoin(_ node: String) async throws
    func transfer(placement: String, to node: String) async throws

    /// A fault of the network; the number undoes it.
    func disturb(_ fault: NetworkFault) throws -> Int
    func mend(_ number: Int)
    /// Undoes all that `disturb` did.
    func mendAll()

    func apply(_ fault: DiskFault, to nodes: [String]) throws
    func stepClock(of nodes: [String], by step: Duration) throws
    func setClockRate(of nodes: [String], _ rate: Double) throws
    /// Undoes all faults of the nodes' disks and clocks.
    func resetFaults(of nodes: [String]) throws

    /// Tries by every door to get material of the placement from nodes outside it; what was given out.
    func pull(placement: String, from nodes: [String], ciphertexts: [[UInt8]]) async throws -> [String]

    /// Looks into disks and memory of running nodes outside a placement for what must not be there: names of its keys,
    /// `patterns` by a label.
    func leakScan(patterns: [(label: String, bytes: [UInt8], placement: String)]) async throws -> [String]
    /// The audit records of all nodes, after they were ended in order; nodes whose records are not whole.
    func auditRows() async throws -> (rows: [RunRecord.AuditRow], unreadable: Set<String>)
    /// Versions of what is looked at, for the report.
    var version: String { get }
}

/// Nodes, and regions whose clients are meant.
package struct Whereabouts: Sendable, Equatable {
    package var nodes: [String]
    package var clients: [String]

    package init(nodes: [String] = [], clients: [String] = []) {
        self.nodes = nodes
        self.clients = clients
    }
}

/// Something wrong between hosts. A side names nodes, and regions whose clients are meant.
package enum NetworkFault: Sendable, Equatable {
    case cut(Whereabouts, Whereabouts, isOneWay: Bool)
    /// Nobody of one group reaches one of another; clients that no group names go on reaching everybody.
    case split([Whereabouts])
    case link(Whereabouts, Whereabouts, delay: Duration, loss: Double)
}
