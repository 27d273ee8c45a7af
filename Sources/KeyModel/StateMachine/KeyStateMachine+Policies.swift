extension KeyStateMachine {
    /// Most policies of one placement.
    static let mostPolicies = 256

    static func putPolicy<Table: KeyTable>(_ policy: Policy, in table: inout Table) throws(KMSError) -> CommandOutcome {
        let record = try placement(of: &table)
        if let problem = policy.problem { throw KMSError(.invalidRequest, problem) }
        for statement in policy.statements {
            if let named = statement.keys.placement, named != record.placement.name {
                throw KMSError(
                    .sovereigntyViolation, "a policy here can speak of placement \(record.placement.name) only")
            }
        }
        let present = table.policy(named: policy.name)
        if let present {
            // Zero means "whatever is there"; else the writer names the version that he saw.
            guard policy.version == 0 || policy.version == present.version else {
                throw KMSError(.generationConflict, "policy \(policy.name) has version \(present.version)")
            }
        } else {
            guard policy.version == 0 else {
                throw KMSError(.generationConflict, "there is no policy \(policy.name) yet")
            }
            guard table.policies().count < mostPolicies else {
                throw KMSError(.quotaExceeded, "a placement has at most \(mostPolicies) policies")
            }
        }
        var stored = policy
        let (version, isFull) = (present?.version ?? 0).addingReportingOverflow(1)
        guard !isFull else { throw KMSError(.quotaExceeded, "the policy was changed too often") }
        stored.version = version
        table.put(stored)
        return .accepted
    }

    static func deletePolicy<Table: KeyTable>(_ name: String, in table: inout Table) throws(KMSError) -> CommandOutcome
    {
        _ = try placement(of: &table)
        guard table.policy(named: name) != nil else { throw KMSError(.keyNotFound, "there is no such policy") }
        table.removePolicy(named: name)
        return .accepted
    }
}
