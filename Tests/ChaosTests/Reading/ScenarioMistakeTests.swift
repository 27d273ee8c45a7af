import Chaos
import Testing

@Suite("Mistakes in a scenario's file")
struct ScenarioMistakeTests {
    /// One mistake, and the whole sentence that it gives after the file's name.
    struct Mistake: CustomTestStringConvertible, Sendable {
        let old: String
        let new: String
        let sentence: String
        var testDescription: String { sentence }

        init(_ old: String, _ new: String, _ sentence: String) {
            self.old = old
            self.new = new
            self.sentence = sentence
        }
    }

    static let inWhole: [Mistake] = [
        Mistake(
            "short: yes", "shrt: yes",
            "shrt: unknown key; known here: title, promises, short, subject, topology, distances, load, length, "
                + "schedule, expect"),
        Mistake("short: yes", "short: true", "short: 'true' is neither 'yes' nor 'no'"),
        Mistake("title: Everything at once\n", "", "'title' is missing"),
        Mistake("[R1, R16]", "[R1, R25]", "promises[1]: 'R25' is no promise; known are R1 to R24"),
        Mistake("short: yes", "subject: consul", "subject: 'consul' is not known; known here: claviger, etcd"),
        Mistake(
            "local.yaml", "lokal.yaml",
            "topology: ../topology/lokal.yaml: cannot be opened: No such file or "
                + "directory"),
        Mistake(
            "500us", "500 us",
            "distances.within: '500 us' is not a duration; write it as 500us, 250ms, 10s, 5m or 24h"),
        Mistake("20ms", "20s", "distances.between: more than 10s from one host to another"),
        Mistake("0.5%", "0.5", "distances.loss: '0.5' is not a share; write it as 95%, at most 100%"),
        Mistake("rate: 50", "rate: 0", "load[0].writes.rate: '0' is not a number from 0.1 to 10000"),
        Mistake(
            "rate: 50", "rate: 50, keys: 2", "load[0].writes.keys: unknown key; known here: placement, rate, regions"),
        Mistake("placement: eu, rate: 50", "rate: 50", "load[0].writes: 'placement' is missing"),
        Mistake(
            "placement: eu, rate: 50", "placement: uk, rate: 50",
            "load[0].writes.placement: there is no placement 'uk'; known here: eu, us"),
        Mistake(
            "us-east]", "us-esat]",
            "load[1].crypto.regions[1]: there is no region 'us-esat'; known here: eu-west, eu-central, eu-north, "
                + "us-east, us-central, us-west"),
        Mistake(
            "- lifecycle: {placement: us", "- registers: {placement: us",
            "load[2].registers: there is no such load of claviger; known here: writes, lifecycle, crypto, kubernetes, "
                + "probe, policies, listing, revocation"),
        Mistake(
            "- lifecycle: {placement: us", "- overload: {placement: us",
            "load[2].overload: there is no such load of claviger; known here: writes, lifecycle, crypto, kubernetes, "
                + "probe, policies, listing, revocation"),
        Mistake(
            "- lifecycle: {placement: us, rate: 20, clients: 2, keys: 4}", "- writes: {placement: eu, rate: 1}",
            "load[2]: there is another load of 'writes' on 'eu'"),
        Mistake("length: 20s", "length: 2h", "length: not from 1s to 1h"),
        Mistake("length: 20s", "length: 12s", "schedule[0]: 'at' is not before the end of the load"),
        Mistake("kill: leader of eu", "kil: leader of eu", Self.nothing),
        Mistake(
            "kill: leader of eu", "kill: leader of eu, pause: all",
            "schedule[1]: 'kill', 'pause' are 2 things; each is an item of its own"),
        Mistake(
            "writesBack: 3s", "writeBack: 3s",
            "expect.writeBack: there is no measure 'writeBack'; known here: \(Self.measures)"),
        Mistake(
            "cryptoErrors: 0", "lostWrites: 1",
            "expect.lostWrites: 'lostWrites' is 0 in every run whatever a file says; leave it away"),
        Mistake("cryptoErrors: 0", "kubernetesGap: 1s", "expect.kubernetesGap: needs a load of 'kubernetes'"),
        Mistake(
            "cryptoErrors: 0", "ordinaryShare: 80%", "expect.ordinaryShare: needs one of 'overload' in the schedule"),
        Mistake("cryptoErrors: 0", "stormTime: 1s", "expect.stormTime: needs one of 'storm' in the schedule"),
        Mistake(
            "cryptoErrors: 0", "affectedCryptoGap: 1s",
            "expect.affectedCryptoGap: needs a fault that is about a region's clients: 'lose', 'split', or clients "
                + "cut off"),
        Mistake("secondsWithWrites: 95%", "secondsWithWrites: 0.95", "expect.secondsWithWrites: \(Self.share)"),
        Mistake(
            "cryptoErrors: 0", "cryptoErrors: 0s",
            "expect.cryptoErrors: '0s' is not a whole number from 0 to 1000000000"),
        Mistake("title: Everything", "promises: []\ntitle: Everything", "line 2: duplicate key 'promises'"),
    ]

    static let nothing =
        "schedule[1]: nothing happens; one of 'kill', 'end', 'start', 'pause', 'resume', 'roll', 'lose', 'losePower', "
        + "'cut', 'cutOneWay', 'split', 'flap', 'link', 'mend', 'slowDisk', 'failSync', 'fillDisk', 'freeDisk', "
        + "'stepClock', 'runClock', 'slowProcessor', 'wipe', 'rejoin', 'handOver', 'disableKey', 'storm', 'overload', "
        + "'pull' is needed"
    static let share = "'0.95' is not a share; write it as 95%, at most 100%"
    static let fixed = Set(Measure.always.map(\.measure))
    static let measures = Measure.allCases.filter { !fixed.contains($0) }.map(\.rawValue).joined(separator: ", ")

    @Test(arguments: inWhole)
    func aMistakeIsNamedWithItsPlace(_ mistake: Mistake) {
        #expect(ScenarioText.whole.contains(mistake.old))
        let text = ScenarioText.whole.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
        #expect(ScenarioText.complaint(about: text) == "some-name.yaml: \(mistake.sentence)")
    }

    struct Item: CustomTestStringConvertible, Sendable {
        let items: [String]
        let sentence: String
        var testDescription: String { sentence }

        init(_ items: String..., says sentence: String) {
            self.items = items
            self.sentence = sentence
        }
    }

    static let inSchedule: [Item] = [
        Item("at: 1s, kill: same", says: "schedule[0]: 'same' is whom the item before was about, and that was nobody"),
        Item(
            "at: 1s, disableKey: eu", "at: 2s, kill: same",
            says: "schedule[1]: 'same' is whom the item before was about, and that was nobody"),
        Item("at: 1s, kill: us-east", says: "schedule[0].kill: \(Self.nobody)"),
        Item(
            "at: 1s, kill: region us-east",
            says: "schedule[0].kill: there is no region 'us-east'; known here: eu-west, eu-central, eu-north"),
        Item(
            "at: 1s, kill: leader of us",
            says: "schedule[0].kill: there is no placement 'us'; known here: eu, directory"),
        Item("at: 1s, kill: 3 followers of eu", says: "schedule[0].kill: 'eu' has 2 followers, not 3"),
        Item(
            "at: 1s, kill: clients of eu-west",
            says: "schedule[0].kill: clients are not hurt; only the network may be about them"),
        Item("at: 1s, kill: [eu-west, eu-west]", says: "schedule[0].kill[1]: 'eu-west' is listed twice"),
        Item(
            "at: 58s, kill: eu-west, for: 5s",
            says: "schedule[0]: it lasts longer than the load; leave 'for' away, and it is undone after the end"),
        Item("at: 1s, start: eu-west, for: 5s", says: "schedule[0].for: unknown key; known here: at, start"),
        Item(
            "at: 1s, flap: eu-west, from: eu-north, every: 2s",
            says: "schedule[0]: 'for' is missing: it never ends by itself"),
        Item("at: 1s, cut: eu-west", says: "schedule[0]: 'from' is missing"),
        Item("at: 1s, split: [eu-west]", says: "schedule[0].split: a split has two groups at least: [[A], [B, C]]"),
        Item("at: 1s, link: eu-west, to: eu-north", says: "schedule[0]: 'delay' or 'loss' is needed"),
        Item("at: 1s, resume: eu-west", says: "schedule[0]: 'resume' comes after one of 'pause'"),
        Item(
            "at: 1s, wipe: eu-west",
            says: "schedule[0]: 'wipe' comes after one of 'kill', 'end', 'lose', 'losePower'"),
        Item(
            "at: 1s, losePower: clients of eu-west",
            says: "schedule[0].losePower: clients are not hurt; only the network may be about them"),
        Item("at: 1s, lose: all", says: "schedule[0].lose: 'all' is not one region; write 'region R' or 'leader of P'"),
        Item(
            "at: 1s, handOver: eu, to: 2 followers of eu",
            says: "schedule[0].to: '2 followers of eu' may be several nodes; name one"),
        Item(
            "at: 1s, pull: eu, from: eu-west",
            says: "schedule[0].from: 'eu-west' holds 'eu', so there is nothing to pull to it"),
        Item(
            "at: 1s, fillDisk: eu-west, area: log, left: 0",
            says: "schedule[0].area: 'log' is not known; known here: store, audit, all"),
        Item(
            "at: 1s, fillDisk: eu-west, left: 1GB",
            says: "schedule[0].left: '1GB' is not a number of bytes; write it as 0, 64KiB or 2MiB"),
        Item(
            "at: 1s, slowProcessor: eu-west, share: 100%",
            says: "schedule[0].share: a share of its time is above 0% and below 100%"),
        Item("at: 1s, mend: links", says: "schedule[0].mend: only the 'network' can be mended"),
        Item(
            "at: -1s, kill: eu-west",
            says: "schedule[0].at: '-1s' is not a duration; write it as 500us, 250ms, 10s, 5m or 24h"),
    ]

    static let nobody =
        "there is no node 'us-east'; known here: eu-west, eu-central, eu-north; or write a node, 'region R', "
        + "'clients of R', 'leader of P', 'follower of P', '2 followers of P', 'holders of P', 'all', 'same'"

    @Test(arguments: inSchedule)
    func aMistakeInAScheduleIsNamedWithItsPlace(_ item: Item) {
        let text = ScenarioText.with(schedule: item.items)
        #expect(ScenarioText.complaint(about: text) == "some-name.yaml: \(item.sentence)")
    }

    @Test func etcdTakesOnlyWhatCanBeDoneToIt() {
        let text = ScenarioText.with(schedule: ["at: 1s, stepClock: eu-west, by: 1s"], subject: "etcd")
        #expect(
            ScenarioText.complaint(about: text)
                == "some-name.yaml: schedule[0]: 'stepClock' cannot be done to etcd; what can: 'kill', 'end', 'start', "
                + "'pause', 'resume', 'roll', 'lose', 'cut', 'cutOneWay', 'split', 'flap', 'link', 'mend', "
                + "'slowProcessor'")
    }

    @Test func nothingOfPowerIsKnownOfEtcd() {
        let text = ScenarioText.with(schedule: ["at: 1s, losePower: all"], subject: "etcd")
        #expect(
            ScenarioText.complaint(about: text).hasPrefix(
                "some-name.yaml: schedule[0]: 'losePower' cannot be done to etcd; what can: "))
    }

    @Test func aFileMustBearAName() {
        let text = ScenarioText.whole
        #expect(throws: (any Error).self) { try Scenario.parse(text, source: "\(ScenarioText.folder)/Some Name.yaml") }
        #expect(throws: (any Error).self) { try Scenario.parse(text, source: "\(ScenarioText.folder)/some-name.yml") }
        #expect(throws: (any Error).self) { try Scenario.parse("", source: "\(ScenarioText.folder)/some-name.yaml") }
    }
}
