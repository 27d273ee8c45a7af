import Audit
import Cluster
package import KeyModel
import KeyReplication

extension KeyService {
    /// Stores a policy of a placement. Takes effect at every holder when it has applied it.
    package func putPolicy(_ policy: Policy, placement: String, idempotencyKey: [UInt8], in context: RequestContext)
        async throws(KMSError) -> Written<Policy>
    {
        try await audited(.putPolicy, in: context) { record in
            let runtime = try self.policyRuntime(placement, .putPolicy, in: context, record: &record)
            if let problem = policy.problem { throw KMSError(.invalidRequest, problem) }
            let written = try await self.propose(
                .putPolicy(policy), at: runtime, principal: context.principal,
                idempotency: try self.idempotency(idempotencyKey, request: "policy\0\(policy)".utf8),
                deadline: context.deadline)
            record.effect = "policy \(policy.name)"
            record.change = AuditedChange(group: written.token.group, term: 0, index: written.token.index)
            guard let stored = runtime.view.policies.policies.first(where: { $0.name == policy.name }) else {
                throw KMSError(.internalError, "the policy was not stored")
            }
            return Written(stored, token: written.token)
        }
    }

    package func policies(of placement: String, in context: RequestContext) async throws(KMSError) -> [Policy] {
        try await audited(.getPolicy, in: context) { record in
            let runtime = try self.policyRuntime(placement, .getPolicy, in: context, record: &record)
            try await self.waitUntilCurrent(context)
            return runtime.view.policies.policies
        }
    }

    package func policy(named name: String, of placement: String, in context: RequestContext) async throws(KMSError)
        -> Policy
    {
        try await audited(.getPolicy, in: context) { record in
            let runtime = try self.policyRuntime(placement, .getPolicy, in: context, record: &record)
            try await self.waitUntilCurrent(context)
            let find = { runtime.view.policies.policies.first { $0.name == name } }
            if let policy = find() { return policy }
            _ = await self.confirm([runtime.name], in: context)
            guard let policy = find() else {
                throw KMSError(.keyNotFound, "placement \(placement) has no policy \(name)")
            }
            return policy
        }
    }

    /// What would be decided, and how every statement bears on it. For administrators: callers never learn why.
    package func explain(
        _ principal: String, _ action: Action, key: String, entries: [ContextEntry], in context: RequestContext
    )
        async throws(KMSError) -> (decision: AccessDecision, statements: [StatementExplanation])
    {
        let answer: Explanation = try await audited(.explainPolicy, in: context) { record in
            let name = try KeyName(parsing: key)
            let runtime = try self.policyRuntime(name.placement.rawValue, .explainPolicy, in: context, record: &record)
            record.describe(name)
            let tags = runtime.view.key(named: name)?.key.tags ?? []
            let request = AccessRequest(
                principal: principal, action: action, target: AccessTarget(name, tags: tags), context: entries)
            return Explanation(
                decision: runtime.view.policies.decide(request), statements: runtime.view.policies.explain(request))
        }
        return (answer.decision, answer.statements)
    }

    private struct Explanation: Sendable {
        var decision: AccessDecision
        var statements: [StatementExplanation]
    }

    private func policyRuntime(
        _ placement: String, _ action: Action, in context: RequestContext, record: inout AuditRecord
    )
        throws(KMSError) -> PlacementRuntime
    {
        let name = try PlacementName(placement)
        record.placement = name.rawValue
        let runtime = try runtime(of: name)
        try authorize(action, AccessTarget(placement: name), at: runtime, in: context, record: &record)
        return runtime
    }
}
