import Chaos
import ClientAPI
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct LoadRunnerTests {
    private static let kinds: [Load.Kind] = [
        .writes, .lifecycle, .crypto, .probe, .policies, .listing, .revocation,
    ]

    private func runner(
        _ ground: MemoryFederation, _ recorder: HistoryRecorder, _ kinds: [Load.Kind] = kinds
    ) -> LoadRunner {
        let loads = kinds.map { Load($0, placement: "eu", rate: 60, clients: 2, keys: 3) }
        return LoadRunner(loads: loads, ground: ground, recorder: recorder, seed: 11)
    }

    private func play(_ runner: LoadRunner, for time: Duration = .milliseconds(1500)) async throws {
        try await runner.prepare()
        runner.start()
        try await Task.sleep(for: time)
        await runner.stop()
    }

    @Test func `every load makes its calls, each with an end and with an id for each attempt`() async throws {
        let ground = try await MemoryFederation()
        let recorder = HistoryRecorder()
        let runner = runner(ground, recorder)
        try await play(runner)
        let calls = recorder.calls
        for kind in Self.kinds {
            #expect(calls.count { $0.load == kind && $0.isDone } > 10, "\(kind)")
        }
        #expect(calls.allSatisfy { $0.outcome != nil && ($0.end ?? -1) >= $0.start })
        for call in calls {
            #expect(call.attempts.map(\.id) == (0..<call.attempts.count).map { "c\(call.number).\($0 + 1)" })
            #expect(!call.attempts.isEmpty && call.node != nil)
        }
        let writes = calls.filter { $0.load == .writes }
        #expect(writes.allSatisfy { $0.isDone && $0.revision != nil })
        #expect(Set(writes.map(\.subject)).count == writes.count)
        #expect(Set(writes.map(\.region)) == Set(MemoryFederation.regions))
        #expect(Set(calls.filter { $0.load == .probe }.compactMap(\.node)) == Set(MemoryFederation.regions))
        await runner.close()
        try await ground.stop()
    }

    @Test func `a key has one creator, and every other one is told so`() async throws {
        let ground = try await MemoryFederation()
        let recorder = HistoryRecorder()
        let runner = runner(ground, recorder, [.lifecycle])
        try await play(runner)
        for key in 0..<3 {
            let creates = recorder.calls.filter {
                guard case .create = $0.request else { return false }
                return $0.subject == "eu/chaos/k-\(key)"
            }
            #expect(creates.count { $0.isDone } == 1)
            #expect(creates.allSatisfy { $0.isDone || $0.outcome == .refused(code: "alreadyExists") })
        }
        await runner.close()
        try await ground.stop()
    }

    @Test func `a revoked key is refused everywhere before it is enabled again`() async throws {
        let ground = try await MemoryFederation()
        let recorder = HistoryRecorder()
        let runner = runner(ground, recorder, [.revocation])
        try await play(runner)
        let calls = recorder.calls
        let disabled = try #require(calls.first { $0.request == .disable && $0.isDone })
        let enabled = try #require(calls.first { $0.request == .enable && $0.isDone })
        let acknowledged = try #require(disabled.end)
        for node in MemoryFederation.regions {
            let between = calls.filter {
                $0.node == node && $0.request == .encrypt && $0.start >= acknowledged && ($0.end ?? 0) < enabled.start
            }
            #expect(between.contains { $0.outcome == .refused(code: "invalidKeyState") })
        }
        await runner.close()
        try await ground.stop()
    }

    @Test func `what was acknowledged is looked for at the end, and a lost key is found out`() async throws {
        let ground = try await MemoryFederation()
        let recorder = HistoryRecorder()
        let runner = runner(ground, recorder, [.writes, .crypto])
        try await play(runner, for: .milliseconds(800))
        let whole = await runner.finalReads()
        #expect(Set(whole.map(\.key)) == Set(recorder.calls.filter { $0.load == .writes }.map(\.subject)))
        #expect(whole.allSatisfy { $0.exists == true })
        let lost = try #require(whole.first?.key)
        ground.memory.state.withLock { $0.keys[lost] = nil }
        let damaged = await runner.finalReads()
        #expect(damaged.filter { $0.exists != true } == [RunRecord.FinalRead(key: lost, exists: false)])
        let encrypted = recorder.calls.filter { $0.request == .encrypt && $0.isDone }.map(\.number)
        let opened = await runner.reopen()
        #expect(opened.reopened == encrypted.count && opened.unopened.isEmpty)
        ground.memory.state.withLock { $0.isLying = true }
        let lied = await runner.reopen()
        #expect(lied.reopened == 0 && lied.unopened == encrypted)
        #expect(!runner.ciphertexts(of: "eu").isEmpty && !runner.plaintexts.isEmpty)
        await runner.close()
        try await ground.stop()
    }

    @Test func `the last reads stand in the history, and a key that fell back is found out`() async throws {
        let ground = try await MemoryFederation()
        let recorder = HistoryRecorder()
        let runner = runner(ground, recorder, [.writes])
        try await play(runner, for: .milliseconds(500))
        let loads = recorder.calls.count
        let reads = await runner.finalReads()
        let looks = Array(recorder.calls[loads...])
        #expect(looks.count == reads.count)
        #expect(Set(looks.map(\.subject)) == Set(reads.map(\.key)))
        for look in looks {
            #expect(look.load == .look && look.request == .describe(isConfirmed: true) && look.isDone)
            #expect(look.attempts.first?.id == "c\(look.number).1" && look.node != nil)
        }
        let key = try #require(reads.first?.key)
        #expect(violations(recorder).isEmpty)
        ground.memory.state.withLock { state in
            state.keys[key]?.generation = 2
            state.keys[key]?.enabled = false
        }
        _ = await runner.finalReads()
        #expect(violations(recorder) == [.noOrder])
        await runner.close()
        try await ground.stop()
    }

    private func violations(_ recorder: HistoryRecorder) -> [Finding.Kind] {
        let scenario = Scenario(
            name: "memory", title: "Writes.", topology: "", loads: [Load(.writes, placement: "eu", rate: 60)],
            length: .seconds(1))
        var record = RunRecord(scenario: scenario, seed: 11)
        record.calls = recorder.calls
        return Judgement(of: record).findings.map(\.kind).filter(\.isViolation)
    }

    @Test func `faults disable keys and overload, and calls of both are in the history`() async throws {
        let ground = try await MemoryFederation()
        let recorder = HistoryRecorder()
        let runner = runner(ground, recorder, [.crypto])
        try await runner.prepare()
        try await runner.disableKey(placement: "eu")
        runner.overload(placement: "eu", callers: 2)
        try await Task.sleep(for: .milliseconds(100))
        try await runner.enableKey(placement: "eu")
        try await Task.sleep(for: .milliseconds(200))
        await runner.endOverload()
        let calls = recorder.calls
        #expect(calls.count { $0.request == .disable && $0.isDone } == 2)
        #expect(calls.count { $0.request == .enable && $0.isDone } == 2)
        let overload = calls.filter { $0.load == .overload }
        #expect(Set(overload.map(\.client)).count == 6)
        #expect(overload.allSatisfy { $0.isCrypto })
        #expect(overload.contains { $0.outcome == .refused(code: "invalidKeyState") })
        #expect(overload.contains { $0.isDone })
        // The load itself was not begun.
        #expect(!calls.contains { $0.load == .crypto })
        await runner.stop()
        await runner.stop()
        await runner.close()
        try await ground.stop()
    }
}
