import Audit
import Synchronization
import Topology

extension FederationStage {
    /// Records that are read at a time.
    private static let auditPage = 5000

    package func auditRows() async throws -> (rows: [RunRecord.AuditRow], unreadable: Set<String>) {
        var rows: [RunRecord.AuditRow] = []
        for node in nodes {
            let directory = "\(federation.layout.node(node).dataPath)/audit"
            rows += try await BlockingCall.run { try Self.rows(of: node, in: directory) }
        }
        // What stood on a disk that was replaced is gone, however whole the new log is.
        return (rows, state.withLock { $0.wiped })
    }

    /// Reads a node's whole log, and proves its chain first. Blocks.
    private static func rows(of node: String, in directory: String) throws -> [RunRecord.AuditRow] {
        guard TextFile.exists(directory) else { return [] }
        let verification = try AuditVerifier.verify(directory: directory)
        if let fault = verification.fault {
            throw ChaosError(
                "the audit log of \(node)", "is damaged at record \(fault.sequence) of \(fault.file): \(fault.reason)")
        }
        var rows: [RunRecord.AuditRow] = []
        var last: Int64 = 0
        while true {
            let entries = try AuditReader.entries(directory: directory, after: last, limit: auditPage)
            guard let end = entries.last?.sequence else { return rows }
            last = end
            rows += entries.map { entry in
                let record = entry.record
                let name = [record.placement, record.tenant, record.keyName].filter { !$0.isEmpty }
                return RunRecord.AuditRow(
                    node: node, requestID: record.requestID, principal: record.principal, action: record.action,
                    keyName: name.joined(separator: "/"), outcome: record.outcome.rawValue)
            }
        }
    }
}
