import Synchronization

/// Keeps every call of a run from its begin on, so that one that is never answered is not forgotten. From any thread.
package final class HistoryRecorder: Sendable {
    private let kept = Mutex<[ChaosCall]>([])

    package init() {}

    /// All calls so far, by number.
    package var calls: [ChaosCall] { kept.withLock { $0 } }

    /// A call begins.
    ///
    /// - Parameter at: nanoseconds since the beginning of the load.
    /// - Returns: the call's number.
    package func begin(
        load: Load.Kind, client: Int, region: String, subject: String, request: ChaosCall.Request, at: Int64
    ) -> Int {
        kept.withLock { calls in
            let number = calls.count
            calls.append(
                ChaosCall(
                    number: number, load: load, client: client, region: region, subject: subject, request: request,
                    start: at))
            return number
        }
    }

    /// A call has ended. The first end of a call counts; unknown numbers are ignored.
    package func end(
        _ number: Int, outcome: ChaosCall.Outcome, at: Int64, attempts: [ChaosCall.Attempt] = [],
        refusals: [ChaosCall.Refusal] = [], node: String? = nil, revision: UInt64? = nil
    ) {
        kept.withLock { calls in
            guard calls.indices.contains(number), calls[number].outcome == nil else { return }
            calls[number].outcome = outcome
            calls[number].end = at
            calls[number].attempts = attempts
            calls[number].refusals = refusals
            calls[number].node = node
            calls[number].revision = revision
        }
    }
}
