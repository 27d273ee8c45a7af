/// How long this node's synced writes take of late. Times are nanoseconds, and come from outside.
struct SyncPace {
    /// Only what was written within this time counts.
    private static let window: UInt64 = 5_000_000_000
    /// Fewer writes than this say something only where they took a good part of the window.
    private static let enough = 3
    private static let goodPart = window * 3 / 10
    /// Slow writes are few in the window; of quick ones the newest are enough.
    private static let most = 64
    private var samples: [(at: UInt64, time: UInt64)] = []

    mutating func note(_ time: UInt64, at now: UInt64) {
        if samples.count == Self.most { samples.removeFirst() }
        samples.append((now, time))
    }

    /// The median, which a single hiccup does not move; nil where too little was written to tell.
    mutating func typical(at now: UInt64) -> UInt64? {
        samples.removeAll { now - $0.at > Self.window }
        let times = samples.map(\.time).sorted()
        guard times.count >= Self.enough || times.reduce(0, +) >= Self.goodPart else { return nil }
        return times[times.count / 2]
    }
}
