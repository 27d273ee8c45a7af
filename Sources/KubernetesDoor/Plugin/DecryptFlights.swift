import Synchronization

/// Lets equal Decrypts that come at the same time share one call: an API server that starts asks for each seed many
/// times.
final class DecryptFlights: Sendable {
    typealias Answer = Result<[UInt8], UpstreamError>

    private let waiting = Mutex<[[UInt8]: [CheckedContinuation<Answer?, Never>]]>([:])

    /// Runs `body` unless an equal call is under way, whose answer is then taken. `request` must name the whole
    /// request. What ended for want of time or of a node is not shared: the next caller tries within its own deadline.
    func share(_ request: [UInt8], _ body: () async -> Answer) async -> Answer {
        while let shared = await answerOfOther(request) {
            guard case .failure(let error) = shared, !error.isFinal else { return shared }
        }
        let answer = await body()
        let waiters = waiting.withLock { $0.removeValue(forKey: request) ?? [] }
        for waiter in waiters { waiter.resume(returning: answer) }
        return answer
    }

    /// Nil at once for the first caller, who then owes the others an answer.
    private func answerOfOther(_ request: [UInt8]) async -> Answer? {
        await withCheckedContinuation { continuation in
            let isFirst = waiting.withLock { waiting in
                if waiting[request] == nil {
                    waiting[request] = []
                    return true
                }
                waiting[request]?.append(continuation)
                return false
            }
            if isFirst { continuation.resume(returning: nil) }
        }
    }
}

extension UpstreamError {
    /// Whether an equal call at the same time would end alike.
    fileprivate var isFinal: Bool {
        switch kind {
        case .refused, .disabled, .notFound, .rejectedCiphertext, .invalid: true
        case .unavailable, .deadline, .versionRetired: false
        }
    }
}
