import Raft

extension InteractionScenario {
    /// `add-nodes COUNT [voters=(…)] [learners=(…)] [index=N] [option=value]…`: replicas with the next free ids,
    /// started from a snapshot at `index` when there is one.
    mutating func addNodes(_ directive: ScenarioDirective) throws(ScenarioError) {
        guard let count = directive.arguments.first.flatMap({ Int($0.key) }), count >= 0 else {
            throw ScenarioError("a number is missing")
        }
        var snapshot = Snapshot()
        var configuration = RaftConfiguration(
            replica: ReplicaID(1), electionTicks: 3, heartbeatTicks: 1, maxSizePerMessage: .max,
            maxUncommittedSize: 0, maxInflightMessages: Int(Int32.max), maxInflightBytes: 0, preVote: false,
            checkQuorum: false, stepDownOnRemoval: false)
        for argument in directive.arguments.dropFirst() {
            for value in argument.values {
                try set(argument.key, value, in: &configuration, &snapshot)
            }
        }
        snapshot.metadata.membership.voters.sort()
        snapshot.metadata.membership.learners.sort()
        if snapshot != Snapshot() {
            guard snapshot.metadata.position.index.rawValue > 1 else {
                throw ScenarioError("index must be specified as > 1 due to bootstrap")
            }
            snapshot.metadata.position.term = Term(1)
        }
        for _ in 0..<count {
            configuration.replica = ReplicaID(UInt64(nodes.count + 1))
            configuration.applied = snapshot.metadata.position.index
            guard configuration.isValid else { throw ScenarioError("invalid configuration") }
            let log = ScenarioLog(snapshot: snapshot)
            nodes.append(ScenarioNode(core: RaftCore(configuration: configuration, log: log), log: log))
        }
    }

    private func set(
        _ key: String, _ value: String, in configuration: inout RaftConfiguration, _ snapshot: inout Snapshot
    ) throws(ScenarioError) {
        switch key {
        case "voters": snapshot.metadata.membership.voters.append(ReplicaID(try number(value)))
        case "learners": snapshot.metadata.membership.learners.append(ReplicaID(try number(value)))
        case "index": snapshot.metadata.position.index = LogIndex(try number(value))
        case "content": snapshot.data = Array(value.utf8)
        case "inflight": configuration.maxInflightMessages = Int(clamping: try number(value))
        case "max-inflight-bytes":
            configuration.maxInflightBytes = try number(value)
            configuration.maxSizePerMessage = min(configuration.maxSizePerMessage, configuration.maxInflightBytes)
        case "max-size-per-msg": configuration.maxSizePerMessage = try number(value)
        case "max-committed-size-per-ready": configuration.maxCommittedSizePerReady = try number(value)
        case "max-uncommitted-size": configuration.maxUncommittedSize = try number(value)
        case "async-storage-writes": configuration.asyncStorageWrites = try flag(value)
        case "prevote": configuration.preVote = try flag(value)
        case "checkquorum": configuration.checkQuorum = try flag(value)
        case "step-down-on-removal": configuration.stepDownOnRemoval = try flag(value)
        case "disable-conf-change-validation": configuration.disableConfigurationValidation = try flag(value)
        case "disable-proposal-forwarding": configuration.disableProposalForwarding = try flag(value)
        case "read-only", "read_only":
            switch value {
            case "safe": configuration.readOnly = .safe
            case "lease-based": configuration.readOnly = .leaseBased
            default: throw ScenarioError("invalid read-only option \(RaftText.quoted(Array(value.utf8)))")
            }
        default: break  // Options of other implementations do not concern the core.
        }
    }

    private func number(_ text: String) throws(ScenarioError) -> UInt64 {
        guard let number = UInt64(text) else { throw ScenarioError("not a number: \(text)") }
        return number
    }

    private func flag(_ text: String) throws(ScenarioError) -> Bool {
        switch text {
        case "true", "1", "t": true
        case "false", "0", "f": false
        default: throw ScenarioError("not true or false: \(text)")
        }
    }
}
