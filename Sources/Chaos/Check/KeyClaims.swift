import KeyModel

/// What one answer about a key, or two of them, cannot claim in any order. Nothing has to be searched for, and a person
/// sees at once what is wrong.
struct KeyClaims {
    private let key: String
    /// By their beginnings.
    private let calls: [ChaosCall]
    /// What a call was shown, by the ends of the calls.
    private let answers: [(call: ChaosCall, end: Int64, facts: ChaosCall.KeyFacts)]

    /// Calls about one key, ordered by their beginnings.
    init(_ key: String, _ calls: [ChaosCall]) {
        self.key = key
        self.calls = calls
        answers = calls.compactMap { call in
            guard let facts = call.facts, let end = call.end else { return nil }
            return (call, end, facts)
        }.sorted { ($0.end, $0.call.number) < ($1.end, $1.call.number) }
    }

    /// The first claim that cannot be. `staleness` is that of a read that no quorum confirms.
    func conflict(staleness: (ChaosCall) -> Int64) -> Finding? {
        twoKeys ?? ownEffects ?? twoStates ?? fallback(staleness) ?? revisions
    }

    private func finding(_ text: String, _ calls: ChaosCall...) -> Finding {
        Finding(.noOrder, "\(key): \(text)", calls: calls.map(\.number).sorted())
    }

    /// A key is made once, and its id is its own for ever.
    private var twoKeys: Finding? {
        guard let first = answers.first, let other = answers.first(where: { $0.facts.id != first.facts.id }) else {
            return nil
        }
        return finding(
            "two keys of one name: id \(first.facts.id) for \(first.call.words), \(other.facts.id) for "
                + other.call.words, first.call, other.call)
    }

    /// A change is shown with what it did. A rotation is shown at a later moment: with a version that is newer than
    /// what it expected, or with one that waits.
    private var ownEffects: Finding? {
        let wrong = answers.first { answer in
            let facts = answer.facts
            return switch answer.call.request {
            case .create(let tags): facts.generation != 1 || facts.tags != tags
            case .disable: facts.isEnabled
            case .enable: !facts.isEnabled
            case .setTags(let tags): facts.tags != tags
            case .rotate(let expected):
                facts.generation < expected || facts.versions.count < 2
                    || facts.generation == expected && facts.versions.last != .preActive
            default: false
            }
        }
        return wrong.map { finding("\($0.call.words) was acknowledged, and its answer does not show it", $0.call) }
    }

    /// Every change makes a generation of its own, so each is one state.
    private var twoStates: Finding? {
        var states: [UInt64: (call: ChaosCall, facts: ChaosCall.KeyFacts)] = [:]
        for answer in answers {
            guard let known = states[answer.facts.generation] else {
                states[answer.facts.generation] = (answer.call, answer.facts)
                continue
            }
            guard known.facts != answer.facts else { continue }
            return finding(
                "two states of generation \(known.facts.generation): \(known.call.words), \(answer.call.words)",
                known.call, answer.call)
        }
        return nil
    }

    /// What was shown before a call began is there, but for reads that may be older by so much.
    private func fallback(_ staleness: (ChaosCall) -> Int64) -> Finding? {
        var highest: [(call: ChaosCall, end: Int64, facts: ChaosCall.KeyFacts)] = []
        for answer in answers where answer.facts.generation > highest.last?.facts.generation ?? 0 {
            highest.append(answer)
        }
        for call in calls {
            let age = call.request == .describe(isConfirmed: false) ? staleness(call) : 0
            let next = highest.partitioningIndex { $0.end >= call.start - age }
            guard next > 0 else { continue }
            let before = highest[next - 1]
            let words = "generation \(before.facts.generation) was shown to \(before.call.words)"
            if call.refusal == KMSError.Code.keyNotFound.rawValue {
                return finding("\(call.words) was told that there is no key, after \(words)", before.call, call)
            }
            guard let facts = call.facts, facts.generation < before.facts.generation else { continue }
            return finding("\(call.words) was shown generation \(facts.generation), after \(words)", before.call, call)
        }
        return nil
    }

    /// No two changes stand at one place of the log, and one that began after another's answer stands behind it.
    private var revisions: Finding? {
        let changes = calls.filter { $0.isWrite && $0.isDone && $0.revision != nil && $0.end != nil }
        let answered = changes.sorted { ($0.end ?? 0, $0.number) < ($1.end ?? 0, $1.number) }
        var places: [UInt64: ChaosCall] = [:]
        var highest: ChaosCall?
        var next = 0
        for call in changes {
            guard let revision = call.revision else { continue }
            while next < answered.count, answered[next].end ?? 0 < call.start {
                if answered[next].revision ?? 0 > highest?.revision ?? 0 { highest = answered[next] }
                next += 1
            }
            let earlier = highest.flatMap { $0.revision ?? 0 > revision ? $0 : nil }
            guard let other = places.updateValue(call, forKey: revision) ?? earlier else { continue }
            return finding(
                "\(other.words) stands at \(other.revision ?? 0) of the log, \(call.words) at \(revision)", other, call)
        }
        return nil
    }
}
