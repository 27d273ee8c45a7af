/// What happens at one moment of a schedule, as the file calls it.
enum FaultVerb: String, CaseIterable, Sendable {
    case kill, end, start, pause, resume, roll, lose, losePower
    case cut, cutOneWay, split, flap, link, mend
    case slowDisk, failSync, fillDisk, freeDisk
    case stepClock, runClock, slowProcessor
    case wipe, rejoin, handOver, disableKey, storm, overload, pull

    /// Whether `for` may stand beside it.
    enum Lasting: Sendable { case never, maybe, always }

    /// Keys beside the verb.
    var companions: [String] {
        switch self {
        case .cut: ["from"]
        case .cutOneWay, .handOver: ["to"]
        case .flap: ["from", "every"]
        case .link: ["to", "delay", "loss"]
        case .slowDisk, .stepClock: ["by"]
        case .failSync: ["times"]
        case .fillDisk: ["area", "left"]
        case .freeDisk: ["area"]
        case .runClock: ["speed"]
        case .slowProcessor: ["share"]
        case .storm: ["clusters", "seeds"]
        case .overload: ["callers"]
        case .pull: ["from"]
        case .kill, .end, .start, .pause, .resume, .roll, .lose, .losePower, .split, .mend, .wipe, .rejoin,
            .disableKey:
            []
        }
    }

    /// What takes no time of its own cannot be undone, and what goes on by itself must be.
    var lasting: Lasting {
        switch self {
        case .kill, .end, .pause, .lose, .losePower, .cut, .cutOneWay, .split, .link, .slowDisk, .fillDisk, .stepClock,
            .runClock, .slowProcessor, .disableKey, .overload:
            .maybe
        case .flap: .always
        case .start, .resume, .roll, .mend, .failSync, .freeDisk, .wipe, .rejoin, .handOver, .storm, .pull: .never
        }
    }

    /// Something else must have happened before for it to mean anything.
    var needsBefore: [FaultVerb] {
        switch self {
        case .resume: [.pause]
        case .mend: [.cut, .cutOneWay, .split, .link, .lose]
        case .freeDisk: [.fillDisk]
        case .wipe: [.kill, .end, .lose, .losePower]
        case .rejoin: [.wipe]
        default: []
        }
    }

    /// Whether it can be done to members of etcd.
    var isForEtcd: Bool {
        switch self {
        case .kill, .end, .start, .pause, .resume, .roll, .lose, .cut, .cutOneWay, .split, .flap, .link, .mend,
            .slowProcessor:
            true
        default: false
        }
    }

    /// Whether it is about nodes, so that `same` may mean them after it.
    var isAboutNodes: Bool {
        switch self {
        case .mend, .disableKey, .storm, .overload: false
        default: true
        }
    }

    static func words(_ verbs: [FaultVerb]) -> String { verbs.map { "'\($0.rawValue)'" }.joined(separator: ", ") }
}
