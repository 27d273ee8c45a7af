/// What a machine must have for a scenario to show what it is for.
extension Scenario {
    /// Regions that are farther apart are what a scenario is about, and not a detail of it.
    private static let farAway = Duration.milliseconds(5)

    /// A network of our own: for faults of the network, for packets that get lost, and for distances of 5 ms and more.
    /// The short distances within a city may be left away.
    package var needsNetwork: Bool {
        distances.between >= Self.farAway || distances.within >= Self.farAway || distances.loss > 0
            || schedule.contains { $0.fault.isOfNetwork }
    }

    /// The library that is loaded into nodes: for faults of disks and clocks.
    package var needsFaultLibrary: Bool { schedule.contains { $0.fault.isOfLibrary } }

    /// Notes of what each file has on disk, from the nodes' first start on: for losses of power.
    package var needsSyncNotes: Bool {
        schedule.contains { if case .losePower = $0.fault { true } else { false } }
    }

    /// The Kubernetes plugin.
    package var needsKubernetes: Bool {
        loads.contains { $0.kind == .kubernetes }
            || schedule.contains { if case .storm = $0.fault { true } else { false } }
    }
}

extension Fault {
    fileprivate var isOfNetwork: Bool {
        switch self {
        case .loseRegion, .cut, .split, .flap, .link: true
        default: false
        }
    }

    fileprivate var isOfLibrary: Bool {
        switch self {
        case .disk, .clockStep, .clockRate, .losePower: true
        default: false
        }
    }
}
