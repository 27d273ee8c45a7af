import Chaos
import Synchronization
import Testing

@Suite("Playing faults on a stage that pretends", .timeLimit(.minutes(2))) struct FaultPlayerTests {
    private let stage = PretendStage()
    private let keeper = RunKeeper(
        scenario: Scenario(name: "pretend", title: "Faults.", topology: "", loads: [], length: .seconds(60)), seed: 1)

    private func player(_ loads: LoadRunner? = nil) -> FaultPlayer {
        let none = LoadRunner(loads: [], ground: stage, recorder: HistoryRecorder(), seed: 1)
        return FaultPlayer(stage: stage, loads: loads ?? none, keeper: keeper, placements: ["eu"])
    }

    /// Begins at a second of the run.
    @discardableResult
    private func begin(_ player: FaultPlayer, _ fault: Fault, at time: Double = 0) async throws -> FaultPlayer.Begun {
        stage.tick(time)
        return try await player.begin(fault) {}
    }

    private func end(_ player: FaultPlayer, _ begun: FaultPlayer.Begun, at time: Double) async throws {
        stage.tick(time)
        try await player.end(begun)
    }

    /// Affected times as `NAME FROM-UNTIL`, those that go on to 60 s.
    private func words(_ affected: [RunRecord.Affected]) -> [String] {
        affected.map { "\($0.name) \($0.from / 1_000_000_000)-\($0.until / 1_000_000_000)" }.sorted()
    }

    private var record: RunRecord { keeper.record(at: HistoryBuilder.time(60)) }
    private var regions: [String] { words(record.affectedRegions) }
    private var nodes: [String] { words(record.affectedNodes) }

    // MARK: - Whom

    @Test func sameIsWhomTheLastFaultWasAbout() async throws {
        let player = player()
        try await begin(player, .kill([.leader("eu")]))
        stage.lead("n2")
        try await begin(player, .start([.same]))
        #expect(stage.log == ["kill n1", "start n1", "ready n1"])
        let begun = try await begin(player, .cut([.same], [.node("n3")], isOneWay: false))
        #expect(stage.faults == [.cut(Whereabouts(nodes: ["n1"]), Whereabouts(nodes: ["n3"]), isOneWay: false)])
        #expect(begun.words == "cut: n1, n3")
        try await begin(player, .pause([.same]))
        #expect(stage.log.last == "pause n1 n3")
    }

    @Test func whoIsMeantIsKnownBeforeItIsDone() async throws {
        stage.refuse("kill")
        let isPlaced = Gate()
        await #expect(throws: ChaosError.self) {
            _ = try await player().begin(.kill([.node("n2")]), onPlaced: isPlaced.open)
        }
        #expect(isPlaced.isOpen)
        #expect(record.events.map(\.text) == ["kill n2"])
    }

    // MARK: - Undoing

    @Test(arguments: [Fault.kill([.node("n2")]), .end([.node("n2")]), .losePower([.node("n2")])])
    func whoIsDownStartsAgain(_ fault: Fault) async throws {
        let player = player()
        let begun = try await begin(player, fault, at: 1)
        #expect(stage.log.count == 1)
        try await end(player, begun, at: 3)
        #expect(stage.log.suffix(2) == ["start n2", "ready n2"])
        #expect(record.events.map(\.kind) == [.fault, .undone])
        #expect(record.events.map(\.text).last == "start n2")
        #expect(nodes == ["n2 1-3"])
        #expect(regions.isEmpty)
    }

    @Test func aFaultEndsForTheNodesThatAnotherItemBringsBack() async throws {
        let player = player()
        try await begin(player, .kill([.node("n2"), .node("n3")]), at: 1)
        try await begin(player, .pause([.node("n1")]), at: 2)
        try await begin(player, .start([.node("n3")]), at: 4)
        try await begin(player, .start([.node("n1")]), at: 5)
        try await begin(player, .resume([.node("n1")]), at: 6)
        #expect(nodes.contains("n3 1-4"))
        #expect(nodes.contains("n2 1-60"))
        #expect(nodes.contains("n1 2-6"))
    }

    @Test func aLostRegionReturnsBeforeItsNodesStart() async throws {
        let player = player()
        let begun = try await begin(player, .loseRegion(.region("region-n3")), at: 5)
        #expect(stage.log == ["disturb", "kill n3"])
        #expect(
            stage.faults == [
                .cut(
                    Whereabouts(nodes: ["n3"]),
                    Whereabouts(nodes: ["n1", "n2"], clients: ["region-n1", "region-n2", "region-n3"]),
                    isOneWay: false)
            ])
        try await end(player, begun, at: 17)
        #expect(stage.faults.isEmpty)
        #expect(stage.log.suffix(2) == ["start n3", "ready n3"])
    }

    @Test func whatIsLeftIsUndoneAtTheEnd() async throws {
        let ground = try await MemoryFederation()
        let recorder = HistoryRecorder()
        let loads = LoadRunner(
            loads: [Load(.crypto, placement: "eu", rate: 10)], ground: ground, recorder: recorder, seed: 1)
        try await loads.prepare()
        let player = player(loads)
        try await begin(player, .pause([.node("n1")]))
        try await begin(player, .cut([.node("n2")], [.node("n3")], isOneWay: true))
        try await begin(player, .disk([.node("n2")], .slow(.milliseconds(200))))
        try await begin(player, .clockRate([.node("n3")], 1.2))
        try await begin(player, .slowProcessor([.node("n1")], share: 0.05))
        try await begin(player, .disableKey(placement: "eu"))
        try await begin(player, .kill([.node("n3")]))
        let before = stage.log.count
        await player.undoAll()
        #expect(
            Array(stage.log[before...]) == [
                "processor n1 whole", "resume n1", "reset n2 n3", "start n1 n2 n3", "ready n1 n2 n3",
            ])
        #expect(stage.faults.isEmpty)
        let changes = recorder.calls.map(\.request)
        #expect(changes == [.disable, .disable, .enable, .enable])
        #expect(recorder.calls.allSatisfy { $0.isDone })
        #expect(record.mishaps.isEmpty)
        await loads.close()
        try await ground.stop()
    }

    @Test func whatDoesNotComeBackIsAMishapAndHoldsNothingUp() async throws {
        let player = player()
        try await begin(player, .pause([.node("n1")]))
        try await begin(player, .disk([.node("n2")], .failing(once: false)))
        for what in ["processor", "resume", "reset", "start"] { stage.refuse(what) }
        await player.undoAll()
        let beginnings = ["the processors", "pauses", "disks and clocks", "nodes"]
        #expect(record.mishaps.count == beginnings.count)
        for (mishap, beginning) in zip(record.mishaps, beginnings) {
            #expect(mishap.hasPrefix("\(beginning) did not come back: "))
        }
    }

    // MARK: - Whom it affects

    @Test func aLostRegionIsAffectedUntilItsNetworkIsBack() async throws {
        let player = player()
        let begun = try await begin(player, .loseRegion(.node("n3")), at: 5)
        #expect(regions == ["region-n3 5-60"])
        try await end(player, begun, at: 17)
        #expect(regions == ["region-n3 5-17"])
        #expect(nodes == ["n3 5-17"])
    }

    @Test func clientsThatAreCutOffAreAffectedAndNodesAreNoClients() async throws {
        let player = player()
        let clients = try await begin(
            player, .cut([.clients("region-n1")], [.region("region-n1")], isOneWay: false), at: 2)
        let nodes = try await begin(player, .cut([.node("n1")], [.node("n2")], isOneWay: false), at: 3)
        try await end(player, nodes, at: 5)
        try await end(player, clients, at: 9)
        #expect(regions == ["region-n1 2-9"])
        #expect(self.nodes == ["n1 2-9", "n1 3-5", "n2 3-5"])
    }

    @Test func ofASplitTheSmallerSideIsAffected() async throws {
        let player = player()
        let begun = try await begin(player, .split([[.leader("eu")], [.followers("eu", count: 2)]]), at: 5)
        #expect(
            stage.faults == [
                .split([
                    Whereabouts(nodes: ["n1"], clients: ["region-n1"]),
                    Whereabouts(nodes: ["n2", "n3"], clients: ["region-n2", "region-n3"]),
                ])
            ])
        try await end(player, begun, at: 16)
        #expect(regions == ["region-n1 5-16"])
        #expect(record.withoutQuorum == [.init(name: "n1", from: 5_000_000_000, until: 16_000_000_000)])
    }

    @Test func twoFaultsOfOneRegionHaveTheirOwnTimes() async throws {
        let player = player()
        for time in [5.0, 30] {
            let begun = try await begin(player, .loseRegion(.node("n2")), at: time)
            try await end(player, begun, at: time + 3)
        }
        #expect(regions == ["region-n2 30-33", "region-n2 5-8"])
    }

    @Test func mendingTheNetworkEndsAllOfIt() async throws {
        let player = player()
        let cut = try await begin(
            player, .cut([.clients("region-n1")], [.node("n1")], isOneWay: false), at: 2)
        try await begin(player, .split([[.node("n3")], [.node("n1"), .node("n2")]]), at: 3)
        try await begin(player, .mend, at: 6)
        #expect(stage.faults.isEmpty)
        #expect(regions == ["region-n1 2-6", "region-n3 3-6"])
        try await end(player, cut, at: 9)
        #expect(regions == ["region-n1 2-6", "region-n3 3-6"])
    }

    @Test func aLineThatFlapsAffectsWhileItIsCut() async throws {
        let player = player()
        let flap = Fault.flap([.clients("region-n1")], [.node("n1")], every: .milliseconds(20))
        let begun = try await begin(player, flap, at: 1)
        for _ in 0..<1000 where stage.log.count < 3 { try await Task.sleep(for: .milliseconds(10)) }
        try await end(player, begun, at: 4)
        #expect(stage.faults.isEmpty)
        let times = record.affectedRegions
        #expect(times.count > 1)
        #expect(times.allSatisfy { $0.name == "region-n1" && $0.until <= HistoryBuilder.time(4) })
    }

    @Test func aFaultThatCannotBeginAffectsNoRegion() async throws {
        stage.refuse("disturb")
        let player = player()
        await #expect(throws: ChaosError.self) {
            _ = try await begin(player, .cut([.clients("region-n1")], [.node("n1")], isOneWay: false))
        }
        #expect(regions.isEmpty)
    }

    // MARK: - Nodes

    @Test func aNodeThatStartsInsideASplitHasNoQuorumFromThenOn() async throws {
        let player = player()
        let split = try await begin(player, .split([[.node("n1")], [.node("n2"), .node("n3")]]), at: 5)
        try await begin(player, .kill([.node("n1")]), at: 7)
        try await begin(player, .start([.node("n1")]), at: 9)
        try await end(player, split, at: 12)
        #expect(
            record.withoutQuorum == [
                .init(name: "n1", from: 5_000_000_000, until: 7_000_000_000),
                .init(name: "n1", from: 9_000_000_000, until: 12_000_000_000),
            ])
    }

    @Test func whatTakesNoTimeAffectsItsNodesOnlyWhileItIsDone() async throws {
        let player = player()
        try await begin(player, .kill([.node("n1")]), at: 2)
        try await begin(player, .start([.same]), at: 4)
        try await begin(player, .roll([.node("n2")]), at: 6)
        #expect(nodes == ["n1 2-4", "n1 4-4", "n2 6-6"])
    }

    @Test func faultsOfOneNodeAreDoneOneAfterTheOther() async throws {
        let player = player()
        let isReady = Gate()
        let first = try await begin(player, .kill([.node("n1")]))
        stage.state.withLock { $0.starting = isReady }
        let undoing = Task { try await player.end(first) }
        while !stage.log.contains("start n1") { try await Task.sleep(for: .milliseconds(2)) }
        let second = Task { _ = try await player.begin(.kill([.node("n1")])) {} }
        _ = try await player.begin(.kill([.node("n2")])) {}
        try await Task.sleep(for: .milliseconds(30))
        #expect(stage.log == ["kill n1", "start n1", "kill n2"])
        isReady.open()
        try await undoing.value
        try await second.value
        #expect(stage.log == ["kill n1", "start n1", "kill n2", "ready n1", "kill n1"])
    }
}
