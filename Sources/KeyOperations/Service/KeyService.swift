package import Audit
package import Cluster
import KeyCrypto
package import KeyModel
package import KeyReplication
import Raft

/// The use cases. Every door calls these and nothing below them.
///
/// Crypto calls are synchronous and hand back their audit record; everything else is `async` and answers after its
/// record is durable.
package final class KeyService: Sendable {
    package let node: String
    package let region: Region
    package let cluster: ClusterNode
    package let placements: PlacementTable
    package let directory: DirectoryView
    package let materials: KeyMaterials
    let rotations = RotationLedger()
    let clusterID: [UInt8]
    let audit: AuditLog
    let random: @Sendable (Int) throws -> [UInt8]
    let wallClock: @Sendable () -> Int64

    package init(
        node: String, region: Region, clusterID: [UInt8], cluster: ClusterNode, placements: PlacementTable,
        directory: DirectoryView, materials: KeyMaterials, audit: AuditLog,
        random: @escaping @Sendable (Int) throws -> [UInt8],
        wallClock: @escaping @Sendable () -> Int64
    ) {
        self.node = node
        self.region = region
        self.clusterID = clusterID
        self.cluster = cluster
        self.placements = placements
        self.directory = directory
        self.materials = materials
        self.audit = audit
        self.random = random
        self.wallClock = wallClock
    }

    /// One per event loop.
    package func makeLane() throws(KMSError) -> CryptoLane {
        do {
            let incarnation = UInt32(truncatingIfNeeded: cluster.replica.rawValue)
            return CryptoLane(cipher: try MessageCipher(incarnation: incarnation))
        } catch {
            throw KMSError(.internalError, "no cipher could be set up", cause: error)
        }
    }

    // MARK: Steps that every use case shares

    /// The placement, if this node holds it; else a refusal that names the holders' endpoints.
    func runtime(of name: PlacementName) throws(KMSError) -> PlacementRuntime {
        if let runtime = placements[name] { return runtime }
        let state = directory.state
        // A node that comes back without its disk serves nothing yet; the other holders do.
        guard state.cluster != nil,
            !state.groups(of: name).contains(where: { $0.replicas.contains(cluster.replica.rawValue) })
        else {
            throw KMSError(.stale, "node \(node) has not joined placement \(name) yet")
        }
        guard state.placement(name) != nil else { throw KMSError(.keyNotFound, "there is no placement \(name)") }
        throw KMSError(
            .sovereigntyViolation, "keys of placement \(name) are not served by node \(node) in region \(region.name)",
            cause: AllowedEndpoints(endpoints: endpoints(of: name)))
    }

    /// The placement of a key, with the key in the record if this node holds the placement: outside of it a name is not
    /// written down.
    func runtime(for name: KeyName, record: inout AuditRecord) throws(KMSError) -> PlacementRuntime {
        record.placement = name.placement.rawValue
        let runtime = try runtime(of: name.placement)
        record.describe(name)
        return runtime
    }

    /// API endpoints of the nodes that may serve a placement's plaintext.
    package func endpoints(of name: PlacementName) -> [String] {
        let state = directory.state
        return state.groups(of: name).flatMap(\.replicas).compactMap { state.node(replica: $0)?.apiEndpoint }
    }

    /// Refuses to answer from state that was confirmed too long ago.
    func checkFresh(_ runtime: PlacementRuntime, now: UInt64) throws(KMSError) -> UInt64 {
        guard let record = runtime.view.placement else {
            throw KMSError(.noLeader, "placement \(runtime.name) is being set up")
        }
        guard let age = runtime.age(now: now), age <= UInt64(record.placement.maxStaleness) * 1_000_000 else {
            throw KMSError(
                .stale, "the state of placement \(runtime.name) was not confirmed within its maximum staleness")
        }
        guard record.placement.permitsPlaintext(region: region) || SovereigntyLocks.admission.isOpened else {
            throw KMSError(
                .sovereigntyViolation, "plaintext of placement \(runtime.name) is not served in region \(region.name)",
                cause: AllowedEndpoints(endpoints: endpoints(of: runtime.name)))
        }
        return age
    }

    /// Default deny. The decision goes into the record; the caller learns only that it was refused.
    func authorize(
        _ action: Action, _ target: AccessTarget, context: [ContextEntry] = [], at runtime: PlacementRuntime,
        in request: RequestContext, record: inout AuditRecord
    ) throws(KMSError) {
        let decision = runtime.view.policies.decide(
            AccessRequest(principal: request.principal, action: action, target: target, context: context))
        record.rules = decision.statements
        if decision.isAllowed || isOperator(request.principal, may: action) && decision.verdict != .forbidden {
            record.decision = .allow
            if !decision.isAllowed { record.rules = ["operator"] }
            return
        }
        record.decision = .deny
        throw KMSError(.permissionDenied, "this caller may not do this")
    }

    /// Operators administer the cluster and its policies; using or changing keys takes a policy like for everyone else.
    func isOperator(_ principal: String, may action: Action) -> Bool {
        guard ActionGroup.admin.actions.contains(action) || ActionGroup.read.actions.contains(action) else {
            return false
        }
        let operators = directory.state.cluster?.operators ?? []
        return operators.contains { (try? PrincipalPattern(parsing: $0))?.matches(principal) ?? false }
    }

    func record(_ action: Action, in context: RequestContext) -> AuditRecord {
        var record = AuditRecord(
            time: wallClock() * 1_000_000, action: action.rawValue, decision: .deny, outcome: .done, node: node,
            region: region.name)
        record.requestID = context.requestID
        record.principal = context.principal
        record.authentication = "mtls"
        record.source = context.source
        record.door = context.door
        return record
    }

    /// Completes the record with how it ended.
    func close(_ record: inout AuditRecord, _ error: KMSError?, in context: RequestContext) {
        if let error { record.outcome = AuditOutcome(error.code) }
        record.latencyNanoseconds = monotonicNanoseconds() &- context.receivedAt
    }

    /// Runs an administrative use case and answers only after its record is durable.
    func audited<Value: Sendable>(
        _ action: Action, in context: RequestContext, _ body: (inout AuditRecord) async throws -> Value
    ) async throws(KMSError) -> Value {
        var record = record(action, in: context)
        let result: Result<Value, KMSError>
        do {
            result = .success(try await body(&record))
        } catch let error as KMSError {
            result = .failure(error)
        } catch {
            result = .failure(KMSError(.internalError, "the call failed inside the node", cause: error))
        }
        if case .failure(let error) = result {
            close(&record, error, in: context)
        } else {
            close(&record, nil, in: context)
        }
        do {
            _ = try await audit.append([record])
        } catch {
            throw KMSError(
                .auditUnavailable, "the audit log cannot be written; nothing is answered without it", cause: error)
        }
        return try result.get()
    }
}

/// Carried as the cause of a refusal: where the caller may go instead.
package struct AllowedEndpoints: Error, Hashable, Sendable {
    package var endpoints: [String]

    package init(endpoints: [String]) { self.endpoints = endpoints }
}
