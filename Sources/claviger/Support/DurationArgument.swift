import ArgumentParser
import Topology

/// A duration as a person types it: `250ms`, `10s`, `5m`.
struct DurationArgument: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument) else { return nil }
        self.duration = duration
    }

    var description: String { DurationText.describe(duration) }
    var defaultValueDescription: String { description }
}
