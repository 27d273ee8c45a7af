/// What a figure is made from: a bound for one that no run can have is a mistake in the file.
struct ExpectationRules {
    let loads: [Load]
    let schedule: [ScheduleItem]

    /// Why no run has the figure, for a person; nil: runs have it.
    func problem(with measure: Measure) -> String? {
        switch measure {
        case .writesBack, .writeErrors, .secondsWithWrites: withoutLoad([.writes, .lifecycle, .registers])
        case .cryptoGap, .cryptoErrors, .secondsWithCrypto: withoutLoad([.crypto])
        case .longestCrypto: withoutLoad([.crypto, .kubernetes])
        case .affectedCryptoGap, .affectedCryptoErrors:
            withoutLoad([.crypto])
                ?? (affectsRegions
                    ? nil : "needs a fault that is about a region's clients: 'lose', 'split', or clients cut off")
        case .kubernetesGap, .kubernetesErrors: withoutLoad([.kubernetes])
        case .minorityServes:
            withoutLoad([.probe, .crypto])
                ?? withoutFault([.cut, .cutOneWay, .split, .flap, .kill, .end, .pause, .lose])
        case .revocationLag:
            has([.revocation]) ? nil : withoutFault([.disableKey]).map { "needs a load of 'revocation', or \($0)" }
        case .firstCrypto: withoutLoad([.crypto, .probe, .kubernetes]) ?? withoutStart
        case .refusalAfterFull: withoutLoad([.writes, .lifecycle]) ?? withoutFault([.fillDisk])
        case .stormTime, .stormLongestCall, .stormErrors: withoutFault([.storm])
        case .goodput: withoutFault([.overload])
        case .ordinaryShare: withoutLoad([.crypto]) ?? withoutFault([.overload])
        case .writers, .termsPerMinute, .nodeReady, .nodesEnded, .leaks, .lostWrites, .violations, .unknownHistories,
            .auditMismatches:
            nil
        }
    }

    private func has(_ kinds: [Load.Kind]) -> Bool { loads.contains { kinds.contains($0.kind) } }

    private func withoutLoad(_ kinds: [Load.Kind]) -> String? {
        has(kinds) ? nil : "needs a load of \(kinds.map { "'\($0.rawValue)'" }.joined(separator: " or "))"
    }

    private func withoutFault(_ verbs: [FaultVerb]) -> String? {
        schedule.contains { verbs.contains($0.verb) } ? nil : "needs one of \(FaultVerb.words(verbs)) in the schedule"
    }

    private var withoutStart: String? {
        let starts = schedule.contains { item in
            switch item.verb {
            case .start, .roll: true
            case .kill, .end, .lose, .losePower: item.step.lasting != nil
            default: false
            }
        }
        return starts ? nil : "needs a node that starts again: 'start', 'roll', or a 'kill' with 'for'"
    }

    private var affectsRegions: Bool {
        schedule.contains { item in
            switch item.verb {
            case .lose, .split: true
            case .cut, .cutOneWay, .flap:
                item.step.fault.targets.contains { if case .clients = $0 { true } else { false } }
            default: false
            }
        }
    }
}
