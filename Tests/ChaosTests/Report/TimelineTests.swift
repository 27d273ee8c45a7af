import Chaos
import Testing

@Suite("Time lines of runs")
struct TimelineTests {
    private static func timeline(
        _ calls: [ChaosCall], _ events: [RunRecord.Event] = [], schedule: [ScheduledFault] = []
    ) -> Timeline {
        var record = RunRecord(scenario: ReportFixture.scenario(schedule: schedule), seed: 1)
        record.calls = calls
        record.events = events
        return Timeline(of: record)
    }

    @Test("An answer counts when it comes, its time when the call began")
    func answers() throws {
        let timeline = Self.timeline([
            ReportFixture.call(0, at: 100, for: 10), ReportFixture.call(1, at: 200, for: 600),
            ReportFixture.call(2, in: "eu-north", at: 240, for: 20),
        ])
        let all = try #require(timeline.lanes.first { $0.region.isEmpty })
        #expect(all.rate.count == 40)
        #expect(all.rate.prefix(4) == [4, 4, 0, 4])
        #expect(all.p50.prefix(2) == [20, nil])
        #expect(all.p99.first == 600)
        #expect(all.longest.first == 600)
        #expect(timeline.regions == ["eu-north", "eu-west"])
        let north = try #require(timeline.lanes.first { $0.region == "eu-north" })
        #expect(north.rate.prefix(2) == [0, 4])
    }

    @Test("Refusals that answer the question are no failures; silence is one")
    func failures() {
        let timeline = Self.timeline([
            ReportFixture.call(0, at: 0, for: 5, .refused(code: "generationConflict")),
            ReportFixture.call(1, at: 0, for: 300, .refused(code: "noLeader")),
            ReportFixture.call(2, at: 0, for: 300, .refused(code: "noLeader")),
            ReportFixture.call(3, at: 600, for: 100, .unknown(code: "outcomeUnknown")),
            ReportFixture.call(4, at: 900, for: nil, nil),
            ReportFixture.call(5, .probe, at: 0, for: 5, .refused(code: "unreachable")),
        ])
        #expect(timeline.failures.map(\.code) == ["no answer", "noLeader", "outcomeUnknown"])
        #expect(timeline.failures.map(\.counts) == [[3, 1], [1, 2], [2, 1]])
    }

    @Test("The longest gap ends after the first fault")
    func gaps() throws {
        let times: [Int64] = [0, 3000, 3100, 3200, 5000, 5100, 6000, 7000, 8000, 9000, 9900]
        let timeline = Self.timeline(
            times.enumerated().map { ReportFixture.call($0, at: $1, for: 0) },
            [ReportFixture.event(3150, .fault, "kill eu-west", ["eu-west"])])
        let gap = try #require(timeline.gaps.first { $0.region.isEmpty })
        #expect(gap.from == 3.2)
        #expect(gap.until == 5)
    }

    @Test(
        "Faults that were undone are bands",
        arguments: [
            ("kill eu-west", "start eu-west"), ("end eu-west", "start eu-west"), ("pause eu-west", "resume eu-west"),
            ("disable the key of eu", "enable the key of eu"), ("cut: eu-west", "over: cut: eu-west"),
            ("lose power of eu-west", "start eu-west"),
        ])
    func bands(_ begin: String, _ end: String) {
        let timeline = Self.timeline(
            [],
            [
                ReportFixture.event(1000, .fault, "clock of eu-west runs at 1.2", ["eu-west"]),
                ReportFixture.event(2000, .fault, begin, ["eu-west"]),
                ReportFixture.event(4000, .undone, end, ["eu-west"]),
            ])
        #expect(timeline.bands.map(\.text) == ["clock of eu-west runs at 1.2", begin])
        #expect(timeline.bands.map(\.until) == [nil, 4])
    }

    @Test("What is never undone lasts to the end, a moment takes no time, and a start ends a kill")
    func openBands() {
        let timeline = Self.timeline(
            [],
            [
                ReportFixture.event(1000, .fault, "kill eu-west", ["eu-west"]),
                ReportFixture.event(2000, .fault, "start eu-west", ["eu-west"]),
                ReportFixture.event(3000, .fault, "cut: eu-north", ["eu-north"]),
            ],
            schedule: [
                ScheduledFault(at: .seconds(1), .kill([.node("eu-west")])),
                ScheduledFault(at: .seconds(2), .start([.same])),
                ScheduledFault(at: .seconds(3), .cut([.node("eu-north")], [.all], isOneWay: false)),
            ])
        #expect(timeline.bands.map(\.until) == [2, nil, 10])
    }

    @Test("Leaders lead until the next one or their end; nodes are down until they are ready")
    func leaders() {
        let timeline = Self.timeline(
            [ReportFixture.call(0, at: 0, for: 1)],
            [
                ReportFixture.event(-500, .leader, "", ["eu-west-1"], group: "eu", term: 2),
                ReportFixture.event(2000, .nodeEnded, "", ["eu-west-1"]),
                ReportFixture.event(3000, .leader, "", ["eu-north"], group: "eu", term: 3),
                ReportFixture.event(5000, .nodeReady, "", ["eu-west-1"]),
                ReportFixture.event(6000, .leader, "", ["eu-west-1"], group: "eu", term: 4),
                ReportFixture.event(12_000, .nodeEnded, "", ["eu-west-1"]),
            ])
        #expect(timeline.leaders.map(\.node) == ["eu-west-1", "eu-north", "eu-west-1"])
        #expect(timeline.leaders.map(\.from) == [0, 3, 6])
        #expect(timeline.leaders.map(\.until) == [2, 6, 10])
        #expect(timeline.down.map(\.node) == ["eu-west-1"])
        #expect(timeline.down.map(\.from) == [2])
        #expect(timeline.down.map(\.until) == [5])
        #expect(timeline.places == ["eu-west-1": "eu-west"])
    }
}
