import ArgumentParser
import NIOCore

/// How long and how a load runs.
struct LoadOptions: ParsableArguments {
    @Option(help: "Seconds of each measurement.")
    var seconds = 5.0

    @Option(help: "Seconds before each measurement that are not counted.")
    var warmup = 1.0

    @Option(help: "Calls per second of an open loop, over all connections; latency counts from when a call was due.")
    var rate: Double?

    @Option(help: "Event loops of the generator.")
    var threads = 1

    func validate() throws {
        guard (0.1...600).contains(seconds), (0...60).contains(warmup) else {
            throw ValidationError("--seconds is from 0.1 to 600, --warmup from 0 to 60")
        }
        if let rate, !(1...1_000_000).contains(rate) { throw ValidationError("--rate is from 1 to 1000000") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads is from 1 to 64") }
    }

    func plan(_ shape: LoadShape) -> LoadPlan {
        LoadPlan(
            shape: shape, rate: rate, warmup: .nanoseconds(Int64(warmup * 1e9)),
            duration: .nanoseconds(Int64(seconds * 1e9)), threads: threads)
    }
}
