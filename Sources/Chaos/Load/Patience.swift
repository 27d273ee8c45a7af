/// Repeats what a federation that has just begun may refuse.
enum Patience {
    /// For a minute, four times a second. Throws `ChaosError` with the problem and the last reason.
    static func wait(_ problem: String, _ body: () async throws -> Void) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                return try await body()
            } catch {
                guard ContinuousClock.now < deadline, !Task.isCancelled else {
                    throw ChaosError(problem, "\(error)")
                }
                try await Task.sleep(for: .milliseconds(250))
            }
        }
    }
}
