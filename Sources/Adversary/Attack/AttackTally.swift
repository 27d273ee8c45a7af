/// What became of the inputs of one kind.
package struct KindTally: Sendable, Encodable {
    package let kind: String
    package var inputs = 0
    package var connections = 0
    /// The server took no connection.
    package var unconnected = 0
    /// The server owed an answer or an end and gave none in time.
    package var hung = 0
    /// Longest wait for what the server owed.
    package var slowestSeconds = 0.0
}

/// What became of an attack on one port.
package struct AttackTally: Sendable, Encodable {
    package let port: HostilePort
    package var seconds = 0.0
    package var kinds: [KindTally]

    package var inputs: Int { kinds.map(\.inputs).reduce(0, +) }
    package var connections: Int { kinds.map(\.connections).reduce(0, +) }
    package var unconnected: Int { kinds.map(\.unconnected).reduce(0, +) }
    package var hung: Int { kinds.map(\.hung).reduce(0, +) }

    mutating func count(_ kind: Int, _ volley: Volley, _ outcome: VolleyOutcome) {
        guard outcome.isConnected else {
            kinds[kind].unconnected += 1
            return
        }
        kinds[kind].inputs += volley.inputs
        kinds[kind].connections += 1
        switch volley.ending {
        case .server, .answers: kinds[kind].slowestSeconds = max(kinds[kind].slowestSeconds, outcome.seconds)
        default: break
        }
        if outcome.isHung { kinds[kind].hung += 1 }
    }

    mutating func add(_ other: AttackTally) {
        for index in kinds.indices {
            kinds[index].inputs += other.kinds[index].inputs
            kinds[index].connections += other.kinds[index].connections
            kinds[index].unconnected += other.kinds[index].unconnected
            kinds[index].hung += other.kinds[index].hung
            kinds[index].slowestSeconds = max(kinds[index].slowestSeconds, other.kinds[index].slowestSeconds)
        }
    }
}
