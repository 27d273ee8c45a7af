/// The processes of a run, by name. What is done to several of them is done at once.
struct StageProcesses: Sendable {
    private let processes: [String: StageProcess]

    init(_ processes: [StageProcess]) {
        self.processes = Dictionary(processes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(name: String) -> StageProcess {
        get throws(ChaosError) {
            guard let process = processes[name] else { throw ChaosError(name, "there is no such node") }
            return process
        }
    }

    /// Nobody hears of another's death before its own.
    func kill(_ names: [String]) async throws {
        for name in names { try self[name].beginKill() }
        try await each(names) { $0.kill() }
    }

    func stop(_ names: [String]) async throws { try await each(names) { try $0.stop() } }

    func pause(_ names: [String]) throws(ChaosError) { for name in names { try self[name].pause() } }

    func resume(_ names: [String]) throws(ChaosError) { for name in names { try self[name].resume() } }

    func limit(_ names: [String], to share: Double?) throws(ChaosError) {
        for name in names { try self[name].limit(to: share) }
    }

    /// Ends all of them for good.
    func close() async { try? await each(processes.keys.sorted()) { $0.close() } }

    /// Runs the body for each, on threads of their own. Throws what failed first when all have ended.
    func each(_ names: [String], _ body: @escaping @Sendable (StageProcess) throws -> Void) async throws {
        let chosen = try names.map { try self[$0] }
        let failures = await withTaskGroup(of: (any Error)?.self) { group in
            for process in chosen {
                group.addTask {
                    do {
                        try await BlockingCall.run { try body(process) }
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: [any Error]()) { if let failure = $1 { $0.append(failure) } }
        }
        if let failure = failures.first { throw failure }
    }
}

extension Whereabouts {
    /// Adds what is not in it yet.
    mutating func add(_ other: Whereabouts) {
        nodes += other.nodes.filter { !nodes.contains($0) }
        clients += other.clients.filter { !clients.contains($0) }
    }
}
