import Synchronization

/// Lets equal Decrypts that come at the same time share one call: an API server that starts asks for each seed many times.
final class DecryptFlights: Sendable {
    typealias Answer = Result<[UInt8], UpstreamError>

    private let waiting = Mutex<[[UInt8]: [CheckedContinuation<Answer?, Never>]]>([:])

    /// Runs `body` unless an equal call is under way, whose answer is then taken. `request` must name the whole request.
    /// A call that failed is not shared: each caller tries within its own deadline.
    func share(_ request: [UInt8], _ body: () async -> Answer) async -> Answer {
        let shared: Answer? = await withCheckedContinuation { continuation in
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
        if let shared {
            if case .success = shared { return shared }
            return await body()
        }
        let answer = await body()
        let waiters = waiting.withLock { $0.removeValue(forKey: request) ?? [] }
        for waiter in waiters { waiter.resume(returning: answer) }
        return answer
    }
}
