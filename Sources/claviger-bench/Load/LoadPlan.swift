import ArgumentParser
import NIOCore

/// So many connections with so many calls outstanding on each.
struct LoadShape: Sendable, Hashable, CustomStringConvertible, ExpressibleByArgument {
    let connections: Int
    let streams: Int

    init(_ connections: Int, _ streams: Int) {
        self.connections = connections
        self.streams = streams
    }

    /// Reads `8x8`.
    init?(argument: String) {
        let parts = argument.split(separator: "x").compactMap { Int($0) }
        guard parts.count == 2, (1...1024).contains(parts[0]), (1...1024).contains(parts[1]) else { return nil }
        self.init(parts[0], parts[1])
    }

    var description: String { "\(connections)x\(streams)" }
    var defaultValueDescription: String { description }
}

/// How one measurement loads a server.
struct LoadPlan: Sendable {
    var shape: LoadShape
    /// Calls per second of an open loop, whatever the server does. Nil: a closed loop, each stream calls again when
    /// answered.
    var rate: Double?
    var warmup: TimeAmount
    var duration: TimeAmount
    /// Event loops of the generator.
    var threads: Int
    var callTimeout = TimeAmount.seconds(10)
}
