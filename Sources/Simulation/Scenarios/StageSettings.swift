import Cluster
import Raft

/// How the nodes of a stage are set up. Times in scenario files are milliseconds.
struct StageSettings {
    var count: UInt64 = 0
    var voters: [UInt64] = []
    var groups = [GroupID(7)]
    var kind = StageKind.notes
    /// Whom to make the leader of every group.
    var leader: UInt64?
    var preference: [UInt64] = []
    private var changes: [(WritableKeyPath<ShardConfiguration, UInt64>, UInt64)] = []
    private var maxPendingProposals: Int?

    init(_ directive: ScenarioDirective) throws(ScenarioError) {
        guard let count = directive.arguments.first.flatMap({ UInt64($0.key) }), (1...9).contains(count) else {
            throw ScenarioError("1 to 9 nodes are needed")
        }
        self.count = count
        voters = Array(1...count)
        for argument in directive.arguments.dropFirst() { try take(argument.key, argument.values) }
    }

    private mutating func take(_ key: String, _ values: [String]) throws(ScenarioError) {
        switch key {
        case "voters": voters = try Self.numbers(values)
        case "groups": groups = try Self.numbers(values).map { GroupID($0) }
        case "leader": leader = try Self.number(values)
        case "prefer": preference = try Self.numbers(values)
        case "kind":
            guard let kind = values.first.flatMap(StageKind.init(rawValue:)) else {
                throw ScenarioError("a group is of notes, keys or directory")
            }
            self.kind = kind
        case "log-trail": changes.append((\.logTrail, try Self.number(values)))
        case "compaction-step": changes.append((\.compactionStep, try Self.number(values)))
        case "patient-steps": changes.append((\.patientSteps, try Self.number(values)))
        case "digest-interval": changes.append((\.digestInterval, try Self.number(values)))
        case "hysteresis": changes.append((\.preferenceHysteresis, try Self.number(values) * 1_000_000))
        case "freshness": changes.append((\.freshnessInterval, try Self.number(values) * 1_000_000))
        case "read-retry": changes.append((\.readRetry, try Self.number(values) * 1_000_000))
        case "unwilling-pause": changes.append((\.unwillingPause, try Self.number(values) * 1_000_000))
        case "stagger": changes.append((\.crashStagger, try Self.number(values) * 1_000_000))
        case "max-pending": maxPendingProposals = Int(clamping: try Self.number(values))
        default: throw ScenarioError("unknown setting \(key)")
        }
    }

    /// A replica's shard. The seed decides about nothing but its election timeouts.
    func configuration(of replica: ReplicaID, session: UInt64) -> ShardConfiguration {
        var configuration = ShardConfiguration(replica: replica, seed: replica.rawValue, session: session)
        for (path, value) in changes { configuration[keyPath: path] = value }
        if let maxPendingProposals { configuration.maxPendingProposals = maxPendingProposals }
        return configuration
    }

    static func number(_ values: [String]) throws(ScenarioError) -> UInt64 {
        guard values.count == 1, let number = UInt64(values[0]), number < 1 << 40 else {
            throw ScenarioError("one number is needed")
        }
        return number
    }

    private static func numbers(_ values: [String]) throws(ScenarioError) -> [UInt64] {
        try values.map { value throws(ScenarioError) in try number([value]) }
    }
}
