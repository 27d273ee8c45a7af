/// Plays a scenario once: the stage is set, loads go on, faults come and go, and then everything is looked at.
package struct ScenarioPlay: Sendable {
    package let scenario: Scenario
    package let seed: UInt64
    /// Told one line for each step.
    private let progress: @Sendable (String) -> Void
    /// How late it may be known whom a fault is about: later the story is another one.
    private static let latest = Duration.seconds(2)

    package init(_ scenario: Scenario, seed: UInt64, progress: @escaping @Sendable (String) -> Void = { _ in }) {
        self.scenario = scenario
        self.seed = seed
        self.progress = progress
    }

    /// Plays on a stage that was not started, and ends it. What goes wrong stands in the record.
    package func play(on stage: any ChaosStage) async -> RunRecord {
        let keeper = RunKeeper(scenario: scenario, seed: seed)
        stage.observe { keeper.note($0) }
        let recorder = HistoryRecorder()
        let loads = LoadRunner(loads: scenario.loads, ground: stage, recorder: recorder, seed: seed)
        do {
            progress("start")
            try await stage.start()
            try await loads.prepare()
            for case .storm(let placement, _, let seeds) in scenario.schedule.map(\.fault) {
                try await loads.prepareStorm(placement: placement, seeds: seeds)
            }
            try await perform(stage, loads, keeper)
            await lookAround(stage, loads, keeper)
        } catch {
            keeper.mishap("\(error)")
        }
        let end = stage.now
        await loads.stop()
        await loads.close()
        await stage.end()
        var record = keeper.record(at: end)
        record.calls = recorder.calls
        record.mishaps += unexpectedEnds(in: record)
        return record
    }

    /// Nodes that ended by themselves. A node may end of its own will when a sync failed, and never by a signal.
    private func unexpectedEnds(in record: RunRecord) -> [String] {
        guard scenario.subject == .claviger else { return [] }
        let failing = [true, false].map { FaultText.begin(.disk([], .failing(once: $0)), at: "") }
        let excused = record.events.filter { event in
            event.kind == .fault && failing.contains { event.text.hasPrefix($0) }
        }.flatMap(\.nodes)
        return record.events.filter { event in
            event.kind == .nodeEnded
                && (event.text.contains("by signal") || !event.nodes.allSatisfy(excused.contains))
        }.map(\.text)
    }

    // MARK: - Faults

    private func perform(_ stage: any ChaosStage, _ loads: LoadRunner, _ keeper: RunKeeper) async throws {
        let player = FaultPlayer(
            stage: stage, loads: loads, keeper: keeper, placements: Set(scenario.loads.map(\.placement)).sorted())
        let watch = ClockWatch()
        stage.beginClock()
        let began = ContinuousClock.now
        watch.start()
        loads.start()
        await withDiscardingTaskGroup { group in
            for step in scenario.schedule {
                try? await Task.sleep(until: began + step.at, clock: .continuous)
                if Task.isCancelled { return }
                let isReady = Gate()
                group.addTask { await play(step, from: began, with: player, keeper, begun: isReady) }
                // The next fault may be about the same: whom this one means must be known by then.
                await isReady.wait(atMost: .seconds(2))
            }
        }
        try await Task.sleep(until: began + scenario.length, clock: .continuous)
        progress("load ends")
        await loads.stop()
        keeper.change { $0.longestStall = Int64(watch.stop() / .nanoseconds(1)) }
        await player.undoAll()
    }

    private func play(
        _ step: ScheduledFault, from began: ContinuousClock.Instant, with player: FaultPlayer, _ keeper: RunKeeper,
        begun gate: Gate
    ) async {
        do {
            let begun = try await player.begin(step.fault, onPlaced: gate.open)
            progress(begun.words)
            // Whom it is about may take a while to find out; it lasts as long all the same.
            let late = ContinuousClock.now - (began + step.at)
            if gate.openedLate(by: Self.latest, after: began + step.at) {
                keeper.mishap("at \(step.at): began \(late) late")
            }
            guard let time = step.lasting else { return }
            try? await Task.sleep(until: began + step.at + max(.zero, late) + time, clock: .continuous)
            try await player.end(begun)
        } catch {
            gate.open()
            keeper.mishap("at \(step.at): \(error)")
        }
    }

    // MARK: - What is there at the end

    private func lookAround(_ stage: any ChaosStage, _ loads: LoadRunner, _ keeper: RunKeeper) async {
        progress("look")
        let reads = await loads.finalReads()
        let (reopened, unopened) = await loads.reopen()
        keeper.change { record in
            record.finalReads = reads
            record.reopened = reopened
            record.unopened = unopened
        }
        do {
            let found = try await stage.leakScan(patterns: loads.plaintexts)
            keeper.change { $0.leaks += found }
            try await stage.stop(stage.nodes)
            let (rows, unreadable) = try await stage.auditRows()
            keeper.change { record in
                record.auditRows = rows
                record.unreadableAudits.formUnion(unreadable)
            }
        } catch {
            keeper.mishap("\(error)")
        }
    }
}
