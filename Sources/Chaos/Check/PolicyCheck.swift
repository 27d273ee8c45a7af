/// Whether policies' generations only grow, and what was put is read after the bound of staleness.
struct PolicyCheck: Sendable {
    private(set) var findings: [Finding] = []

    /// A generation that an answer showed.
    private struct Shown {
        var call: ChaosCall
        var end: Int64
        var digest: UInt64
        var generation: UInt64
        var isPut: Bool
    }

    init(_ record: RunRecord, staleness: StalenessBounds) {
        var policies: [String: [ChaosCall]] = [:]
        for call in record.calls where call.load == .policies { policies[call.subject, default: []].append(call) }
        let hurt = AffectedTimes.ofNodes(in: record)
        for (policy, calls) in policies.sorted(by: { $0.key < $1.key }) {
            let shown = calls.compactMap(Self.shown).sorted { ($0.end, $0.call.number) < ($1.end, $1.call.number) }
            oneText(policy, shown)
            sources(policy, shown, calls)
            growth(policy, shown, calls) { call in
                // A node that is cut off or hurt shows the policy that it has.
                hurt.meet(call.node, from: call.start, until: call.end ?? .max) ? nil : staleness[call.placement]
            }
        }
    }

    private static func shown(_ call: ChaosCall) -> Shown? {
        guard let end = call.end, case .done(.policy(let digest, let generation)) = call.outcome else { return nil }
        return Shown(call: call, end: end, digest: digest, generation: generation, isPut: call.isWrite)
    }

    private mutating func found(_ text: String, _ calls: ChaosCall...) {
        findings.append(Finding(.policy, text, calls: calls.map(\.number).sorted()))
    }

    /// Each generation is one text.
    private mutating func oneText(_ policy: String, _ shown: [Shown]) {
        var texts: [UInt64: Shown] = [:]
        for one in shown {
            guard let other = texts[one.generation] else {
                texts[one.generation] = one
                continue
            }
            guard other.digest != one.digest else { continue }
            found(
                "\(policy) has two texts of generation \(one.generation): \(other.call.words), \(one.call.words)",
                other.call, one.call)
        }
    }

    /// What is shown was put by somebody, before.
    private mutating func sources(_ policy: String, _ shown: [Shown], _ calls: [ChaosCall]) {
        var first: [UInt64: Int64] = [:]
        for call in calls where call.mayHaveHappened {
            if case .putPolicy(let digest) = call.request { first[digest] = min(first[digest] ?? .max, call.start) }
        }
        for one in shown where first[one.digest] ?? .max > one.end {
            found("\(policy): \(one.call.words) was shown a text that nobody had put", one.call)
        }
    }

    /// A put comes after all that was shown before it began, a read after all that was put longer ago than the bound.
    /// `bound` is nil where a read may be of any age.
    private mutating func growth(
        _ policy: String, _ shown: [Shown], _ calls: [ChaosCall], bound: (ChaosCall) -> Int64?
    ) {
        var newest: [Shown] = []
        for one in shown where one.generation > newest.last?.generation ?? 0 { newest.append(one) }
        /// The highest generation of those answered before.
        func known(before time: Int64) -> Shown? {
            let next = newest.partitioningIndex { $0.end >= time }
            return next > 0 ? newest[next - 1] : nil
        }
        for call in calls {
            let age = call.isWrite ? 0 : bound(call)
            guard let age, let before = known(before: call.start - age) else { continue }
            let words = "generation \(before.generation) of \(before.call.words)"
            if call.request == .getPolicy, call.refusal == "keyNotFound" {
                found("\(policy): \(call.words) was told that there is none, after \(words)", before.call, call)
            }
            guard let own = Self.shown(call) else { continue }
            if own.generation < before.generation || own.isPut && own.generation == before.generation {
                found(
                    "\(policy): \(call.words) was shown generation \(own.generation), after \(words)", before.call,
                    call)
            }
        }
    }
}
