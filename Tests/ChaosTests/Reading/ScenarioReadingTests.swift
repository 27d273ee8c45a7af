import Chaos
import Testing

@Suite("Scenario files")
struct ScenarioReadingTests {
    @Test func everyKeyIsRead() throws {
        let scenario = try ScenarioText.parse(ScenarioText.whole)
        #expect(
            scenario
                == Scenario(
                    name: "some-name", title: "Everything at once", promises: ["R1", "R16"], isShort: true,
                    topology: "\(ScenarioText.folder)/../topology/local.yaml",
                    distances: Distances(within: .microseconds(500), between: .milliseconds(20), loss: 0.005),
                    loads: [
                        Load(.writes, placement: "eu", rate: 50),
                        Load(.crypto, placement: "eu", rate: 12.5, regions: ["eu-west", "us-east"]),
                        Load(.lifecycle, placement: "us", rate: 20, clients: 2, keys: 4),
                    ],
                    length: .seconds(20),
                    schedule: [
                        ScheduledFault(at: .seconds(5), .kill([.leader("eu")])),
                        ScheduledFault(at: .seconds(12), .start([.same])),
                    ],
                    expectations: [
                        Expectation(.writesBack, 3), Expectation(.writesBack, 1.5, isForMiddle: true),
                        Expectation(.cryptoErrors, 0), Expectation(.secondsWithWrites, 0.95),
                        Expectation(.termsPerMinute, 2.5),
                    ]))
    }

    @Test func itemsStandInTheOrderOfTheirTimes() throws {
        let scenario = try ScenarioText.parse(
            ScenarioText.with(schedule: [
                "at: 9s, kill: all, for: 2s", "at: 1s, cut: eu-west, from: eu-north, for: 1s",
                "at: 1s, mend: network",
            ]))
        #expect(
            scenario.schedule == [
                ScheduledFault(
                    at: .seconds(1), .cut([.node("eu-west")], [.node("eu-north")], isOneWay: false),
                    lasting: .seconds(1)),
                ScheduledFault(at: .seconds(1), .mend),
                ScheduledFault(at: .seconds(9), .kill([.all]), lasting: .seconds(2)),
            ])
    }

    struct Phrase: CustomTestStringConvertible, Sendable {
        let text: String
        let fault: Fault
        var testDescription: String { text }

        init(_ text: String, _ fault: Fault) {
            self.text = text
            self.fault = fault
        }
    }

    static let phrases: [Phrase] = [
        Phrase("end: [eu-west, follower of eu]", .end([.node("eu-west"), .followers("eu", count: 1)])),
        Phrase("start: holders of eu", .start([.holders("eu")])),
        Phrase("pause: 2 followers of eu", .pause([.followers("eu", count: 2)])),
        Phrase("roll: holders of directory", .roll([.holders("directory")])),
        Phrase("lose: region us-east", .loseRegion(.region("us-east"))),
        Phrase("lose: leader of us", .loseRegion(.leader("us"))),
        Phrase("losePower: all", .losePower([.all])),
        Phrase("losePower: [leader of eu, eu-north]", .losePower([.leader("eu"), .node("eu-north")])),
        Phrase(
            "cut: clients of eu-west, from: region eu-west",
            .cut([.clients("eu-west")], [.region("eu-west")], isOneWay: false)),
        Phrase(
            "cutOneWay: leader of eu, to: 2 followers of eu",
            .cut([.leader("eu")], [.followers("eu", count: 2)], isOneWay: true)),
        Phrase(
            "split: [eu-west, [eu-north, clients of eu-central]]",
            .split([[.node("eu-west")], [.node("eu-north"), .clients("eu-central")]])),
        Phrase(
            "flap: eu-west, from: eu-north, every: 2s, for: 9s",
            .flap([.node("eu-west")], [.node("eu-north")], every: .seconds(2))),
        Phrase(
            "link: eu-west, to: all, delay: 80ms, loss: 30%",
            .link([.node("eu-west")], [.all], delay: .milliseconds(80), loss: 0.3)),
        Phrase("link: eu-west, to: all, loss: 1%", .link([.node("eu-west")], [.all], delay: .zero, loss: 0.01)),
        Phrase("slowDisk: eu-west, by: 200ms", .disk([.node("eu-west")], .slow(.milliseconds(200)))),
        Phrase("failSync: eu-west, times: once", .disk([.node("eu-west")], .failing(once: true))),
        Phrase("failSync: eu-west, times: always", .disk([.node("eu-west")], .failing(once: false))),
        Phrase("fillDisk: eu-west, area: audit, left: 64KiB", .disk([.node("eu-west")], .space(.audit, bytes: 65536))),
        Phrase("fillDisk: eu-west, left: 0", .disk([.node("eu-west")], .space(.all, bytes: 0))),
        Phrase("stepClock: eu-west, by: -10m", .clockStep([.node("eu-west")], by: .seconds(-600))),
        Phrase("runClock: eu-west, speed: 1.2", .clockRate([.node("eu-west")], 1.2)),
        Phrase("slowProcessor: eu-west, share: 5%", .slowProcessor([.node("eu-west")], share: 0.05)),
        Phrase("handOver: eu, to: eu-north", .transfer(placement: "eu", to: .node("eu-north"))),
        Phrase("disableKey: eu, for: 3s", .disableKey(placement: "eu")),
        Phrase("storm: eu, clusters: 50, seeds: 1000", .storm(placement: "eu", clusters: 50, seeds: 1000)),
        Phrase("overload: eu, callers: 60, for: 4s", .overload(placement: "eu", callers: 60)),
        Phrase("pull: eu, from: us-east", .pull(placement: "eu", from: .node("us-east"))),
    ]

    @Test(arguments: phrases)
    func aVerbIsRead(_ phrase: Phrase) throws {
        let scenario = try ScenarioText.parse(
            ScenarioText.with(schedule: ["at: 1s, \(phrase.text)"], topology: "local"))
        #expect(scenario.schedule.map(\.fault) == [phrase.fault])
    }

    @Test func whatIsUndoneLaterIsRead() throws {
        let scenario = try ScenarioText.parse(
            ScenarioText.with(schedule: [
                "at: 1s, kill: eu-north", "at: 2s, wipe: same", "at: 3s, start: same", "at: 4s, rejoin: same",
                "at: 5s, fillDisk: eu-west, area: store, left: 1MiB", "at: 6s, freeDisk: same, area: store",
                "at: 7s, pause: eu-west", "at: 8s, resume: same",
            ]))
        #expect(
            scenario.schedule.map(\.fault) == [
                .kill([.node("eu-north")]), .wipe([.same]), .start([.same]), .rejoin(.same),
                .disk([.node("eu-west")], .space(.store, bytes: 1 << 20)), .disk([.same], .space(.store, bytes: -1)),
                .pause([.node("eu-west")]), .resume([.same]),
            ])
    }

    @Test func needsFollowFromFaultsAndDistances() throws {
        let plain = try ScenarioText.parse(ScenarioText.with(schedule: ["at: 1s, kill: all, for: 2s"]))
        #expect(!plain.needsNetwork && !plain.needsFaultLibrary && !plain.needsKubernetes)
        var far = plain
        far.distances.between = .milliseconds(20)
        #expect(far.needsNetwork)
        var near = plain
        near.distances = Distances(within: .microseconds(250), between: .milliseconds(1))
        #expect(!near.needsNetwork)
        let others = [
            "cut: eu-west, from: eu-north", "runClock: eu-west, speed: 2", "storm: eu, clusters: 1, seeds: 1",
        ]
        let needs = try others.map { fault in
            let scenario = try ScenarioText.parse(ScenarioText.with(schedule: ["at: 1s, \(fault)"]))
            return [scenario.needsNetwork, scenario.needsFaultLibrary, scenario.needsKubernetes]
        }
        #expect(needs == [[true, false, false], [false, true, false], [false, false, true]])
    }

    @Test func powerNeedsTheLibraryAndNotesFromTheStartOn() throws {
        let scenario = try ScenarioText.parse(
            ScenarioText.with(schedule: ["at: 1s, losePower: holders of eu, for: 1s", "at: 5s, start: same"]))
        #expect(scenario.schedule.first?.lasting == .seconds(1))
        #expect(scenario.needsFaultLibrary && scenario.needsSyncNotes && !scenario.needsNetwork)
        let plain = try ScenarioText.parse(ScenarioText.with(schedule: ["at: 1s, slowDisk: all, by: 1ms, for: 1s"]))
        #expect(plain.needsFaultLibrary && !plain.needsSyncNotes)
    }
}
