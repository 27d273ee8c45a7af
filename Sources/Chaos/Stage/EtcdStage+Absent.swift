/// What is done to federations only. A comparison needs nothing of it.
extension EtcdStage {
    package func losePower(_ nodes: [String]) async throws { throw Self.missing("disk that can forget") }

    package func wipe(_ nodes: [String]) async throws { throw Self.missing("replacement of a disk") }

    package func rejoin(_ node: String) async throws { throw Self.missing("way to readmit a node") }

    package func transfer(placement: String, to node: String) async throws { throw Self.missing("placement") }

    package func apply(_ fault: DiskFault, to nodes: [String]) throws { throw Self.missing("disk that can be hurt") }

    package func stepClock(of nodes: [String], by step: Duration) throws { throw Self.missing("clock of its own") }

    package func setClockRate(of nodes: [String], _ rate: Double) throws { throw Self.missing("clock of its own") }

    /// There are none.
    package func resetFaults(of nodes: [String]) throws {}

    package func pull(
        placement: String, from nodes: [String], ciphertexts: [[UInt8]]
    ) async throws -> [String] {
        throw Self.missing("placement")
    }

    /// Nothing is outside of anything.
    package func leakScan(
        patterns: [(label: String, bytes: [UInt8], placement: String)]
    ) async throws -> [String] {
        []
    }

    /// It keeps none.
    package func auditRows() async throws -> (rows: [RunRecord.AuditRow], unreadable: Set<String>) { ([], []) }
}
