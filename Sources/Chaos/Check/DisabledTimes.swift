/// When a key was disabled, as far as the answers to those who changed it tell.
struct DisabledTimes: Sendable {
    /// The key is disabled all the time in between.
    struct Window: Sendable, Equatable {
        /// The call that disabled it.
        var call: Int
        /// When it was answered.
        var from: Int64
        /// When a call began that may have enabled it; `.max` if none did.
        var until: Int64
    }

    private struct Change {
        var call: Int
        var from: Int64
        /// When it had its effect at the latest.
        var until: Int64
        var isKnown: Bool
    }

    /// A change whose outcome nobody knows may have its effect for so long: its deadline is 10 s, and what a cut-off
    /// leader still proposes then is not far behind.
    private static let openFor: Int64 = 30_000_000_000

    /// In the order of their times. Where a disabling overlaps what may have enabled the key there is none.
    private(set) var windows: [Window] = []
    private var disables: [Change] = []
    private var enables: [Change] = []

    /// Calls about one key.
    init(_ calls: [ChaosCall]) {
        for call in calls {
            switch call.request {
            case .disable: if let change = Self.change(call) { disables.append(change) }
            case .enable: if let change = Self.change(call) { enables.append(change) }
            default: continue
            }
        }
        disables.sort { ($0.until, $0.call) < ($1.until, $1.call) }
        for disable in disables where disable.isKnown {
            if let last = windows.last, disable.until < last.until { continue }
            if enables.contains(where: { $0.from <= disable.until && $0.until >= disable.from }) { continue }
            let until = enables.filter { $0.from > disable.until }.map(\.from).min() ?? .max
            windows.append(Window(call: disable.call, from: disable.until, until: until))
        }
    }

    private static func change(_ call: ChaosCall) -> Change? {
        guard call.mayHaveHappened else { return nil }
        let end = call.end ?? call.start
        return Change(
            call: call.number, from: call.start, until: call.isDone ? end : max(end, call.start + openFor),
            isKnown: call.isDone)
    }

    /// Whether the key may have been disabled at some moment between the two: some disabling began before, and no
    /// enabling is known to have come after it in time.
    func mayBeDisabled(from: Int64, until: Int64) -> Bool {
        disables.contains { disable in
            disable.from <= until
                && !enables.contains { $0.isKnown && $0.from > disable.until && $0.until <= from }
        }
    }

    /// The times of all keys that somebody disabled, by key.
    static func all(_ record: RunRecord) -> [String: DisabledTimes] {
        var calls: [String: [ChaosCall]] = [:]
        for call in record.calls where call.request == .disable || call.request == .enable {
            calls[call.subject, default: []].append(call)
        }
        return calls.mapValues(DisabledTimes.init)
    }
}
