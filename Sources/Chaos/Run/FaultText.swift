/// Faults in the words of a person, for the time line.
enum FaultText {
    /// `kill eu-west`.
    static func begin(_ fault: Fault, at place: String) -> String {
        switch fault {
        case .kill: "kill \(place)"
        case .end: "end \(place)"
        case .start: "start \(place)"
        case .pause: "pause \(place)"
        case .resume: "resume \(place)"
        case .roll: "restart \(place) in turn"
        case .loseRegion: "lose \(place)"
        case .losePower: "lose power of \(place)"
        case .cut(_, _, let isOneWay): isOneWay ? "cut one way: \(place)" : "cut: \(place)"
        case .split: "split: \(place)"
        case .flap(_, _, let every): "cut on and off each \(every): \(place)"
        case .link(_, _, let delay, let loss):
            "link: \(place), \(delay) one way" + (loss > 0 ? ", \(percent(loss)) lost" : "")
        case .mend: "network is whole"
        case .disk(_, let fault): "\(text(of: fault)) at \(place)"
        case .clockStep(_, let step): "clock of \(place) jumps by \(step)"
        case .clockRate(_, let rate): "clock of \(place) runs at \(rate)"
        case .slowProcessor(_, let share): "\(place) gets \(percent(share)) of its time"
        case .wipe: "disk of \(place) is replaced"
        case .rejoin: "readmit \(place)"
        case .transfer(let placement, _): "hand \(placement) over to \(place)"
        case .disableKey(let placement): "disable the key of \(placement)"
        case .storm(let placement, let clusters, let seeds):
            "\(clusters) API servers of \(placement) begin, \(seeds) seeds each"
        case .overload(let placement, let callers): "\(callers) callers of \(placement) in each region without pause"
        case .pull(let placement, _): "attempts to pull \(placement) to \(place)"
        }
    }

    /// What it is called when a fault ends.
    static func undo(_ fault: Fault, at place: String) -> String {
        switch fault {
        case .kill, .end, .losePower: "start \(place)"
        case .pause: "resume \(place)"
        case .disableKey(let placement): "enable the key of \(placement)"
        default: "over: \(begin(fault, at: place))"
        }
    }

    private static func text(of fault: DiskFault) -> String {
        switch fault {
        case .slow(let time): "syncs take \(time) longer"
        case .failing(let once): once ? "one sync fails" : "every sync fails"
        case .space(let area, let bytes): bytes < 0 ? "space is free again (\(area))" : "\(bytes) bytes left (\(area))"
        case .sound: "the disk is sound"
        }
    }

    private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
}
