extension FederationTopology {
    /// The clocks of consensus, the same at every node.
    package struct Timing: Sendable, Equatable {
        /// How often a leader shows that it lives.
        package let heartbeat: Duration
        /// How long a follower waits for a leader before it asks for votes; jitter comes on top.
        package let election: Duration
        /// The unit in which nodes count time.
        package let tick: Duration

        package static let standard = Timing(
            heartbeat: .milliseconds(100), election: .seconds(1), tick: .milliseconds(10))

        package init(heartbeat: Duration, election: Duration, tick: Duration) {
            self.heartbeat = heartbeat
            self.election = election
            self.tick = tick
        }

        /// Ticks between two heartbeats, rounded down.
        package var heartbeatTicks: Int { Int(heartbeat / tick) }

        /// Ticks of an election timeout, rounded down.
        package var electionTicks: Int { Int(election / tick) }
    }
}
