/// Names of the metrics. Units are in the names, as Prometheus asks: seconds, bytes, `_total` for counters.
///
/// Labels never carry tenants, key names or key ids: those belong to their placement and there are too many of them.
package enum MetricName {
    /// Calls answered, by door, action and code (`ok` or a `KMSError` code).
    package static let operations = "claviger_operations_total"
    /// Time from decoded call to encoded reply, by action.
    package static let operationDuration = "claviger_operation_duration_seconds"
    /// Calls refused or failed, by code.
    package static let errors = "claviger_errors_total"
    /// Calls in progress.
    package static let operationsInFlight = "claviger_operations_in_flight"

    /// 1 on the replica that leads the group.
    package static let groupLeader = "claviger_group_leader"
    /// The group's term as this replica knows it.
    package static let groupTerm = "claviger_group_term"
    /// The group's commit index as this replica knows it.
    package static let groupCommit = "claviger_group_commit_index"
    /// The last index applied to this replica's tables.
    package static let groupApplied = "claviger_group_applied_index"
    /// Entries known to be committed and not applied here.
    package static let groupLag = "claviger_group_lag_entries"
    /// How long ago this replica's state was confirmed by a quorum.
    package static let groupFreshness = "claviger_group_freshness_seconds"
    /// 1 where the group is halted or quarantined on this node.
    package static let groupHalted = "claviger_group_halted"

    /// Time of the shard's synced writes.
    package static let syncDuration = "claviger_storage_sync_duration_seconds"
    /// Free bytes of the disk under the store.
    package static let storageFree = "claviger_storage_free_bytes"
    /// 1 while the node takes no writes of its own for want of space, 2 while it takes no entries either.
    package static let storageLevel = "claviger_storage_space_level"

    /// Audit records that wait for their commit.
    package static let auditBacklog = "claviger_audit_backlog_records"
    /// Audit records made durable.
    package static let auditRecords = "claviger_audit_records_total"
    /// Audit records refused: their calls got no reply but an error.
    package static let auditRefused = "claviger_audit_refused_records_total"
    /// Time of one group commit of the audit, fsync included.
    package static let auditCommitDuration = "claviger_audit_commit_duration_seconds"
    /// 1 while the audit is slow or refuses.
    package static let auditDegraded = "claviger_audit_degraded"
    /// Free bytes of the disk under the audit.
    package static let auditFree = "claviger_audit_free_bytes"
    /// The last sequence number that is durable.
    package static let auditSequence = "claviger_audit_sequence"

    /// Days until this node's certificate ends.
    package static let certificateDays = "claviger_certificate_days_left"
    /// Always 1; the labels say what runs.
    package static let buildInfo = "claviger_build_info"
    /// 1 per peer with an open connection.
    package static let peerConnected = "claviger_peer_connected"

    /// Resident memory, under the name that Prometheus clients share.
    package static let residentMemory = "process_resident_memory_bytes"
    /// Open file descriptors, under the name that Prometheus clients share.
    package static let openDescriptors = "process_open_fds"
    /// Start of the process since 1970, under the name that Prometheus clients share.
    package static let startTime = "process_start_time_seconds"
}
