import KeyModel
import Simulation

/// The calls about one key as steps that can be ordered.
struct KeyStepHistory {
    private(set) var history = ClientHistory<KeyStepSpecification.Request, KeyStepSpecification.Answer>()
    /// By step: the call that it is of; nil for what nodes may do by themselves.
    private(set) var calls: [Int?] = []

    /// Codes that tell of the key's state at a moment of the call; all others were given for other reasons.
    private static let answers: [String: KMSError.Code] = Dictionary(
        uniqueKeysWithValues: [
            KMSError.Code.alreadyExists, .keyNotFound, .generationConflict, .invalidKeyState, .quotaExceeded,
        ].map { ($0.rawValue, $0) })

    /// `calls` are of one key and ordered by their beginnings. Nobody draws two ids for one key, or it is found before,
    /// so all creations draw this one. `staleness` is that of a read that no quorum confirms.
    init(_ calls: [ChaosCall], id: KeyID, staleness: (ChaosCall) -> Int64) {
        var rotations: UInt32 = 0
        for call in calls {
            switch call.request {
            case .create(let tags): change(call, .ask(.create(id: id, tags: Self.tags(tags))), id)
            case .disable: change(call, .ask(.disable), id)
            case .enable: change(call, .ask(.enable), id)
            case .setTags(let tags): change(call, .ask(.setTags(Self.tags(tags))), id)
            case .rotate(let expected):
                rotate(call, expected, id)
                guard call.mayHaveHappened else { continue }
                // The leader activates what waits when it can; before so many rotations there is no such version.
                rotations += 1
                begin(nil, .ask(.activate(KeyVersionNumber(rotations + 1))), by: -1, at: call.start)
            case .describe(let isConfirmed): read(call, isConfirmed ? 0 : staleness(call), id)
            case .encrypt, .decrypt, .status, .putPolicy, .getPolicy, .list, .put, .get: continue
            }
        }
    }

    // MARK: Steps

    @discardableResult
    private mutating func begin(
        _ call: Int?, _ request: KeyStepSpecification.Request, by client: Int, at time: Int64, staleness: Int64 = 0
    ) -> Int {
        calls.append(call)
        return history.invoke(
            request, by: client, at: UInt64(max(0, time)), staleness: UInt64(max(0, staleness)))
    }

    private mutating func answer(_ number: Int, _ answer: KeyStepSpecification.Answer, _ call: ChaosCall) {
        history.answer(number, answer, at: UInt64(max(0, call.end ?? call.start)))
    }

    /// A change whose answer is the key right after it. Its place in the log is not used: of a change that was proposed
    /// twice it is that of the second time.
    private mutating func change(_ call: ChaosCall, _ request: KeyStepSpecification.Request, _ id: KeyID) {
        guard let shown = told(call, id) else { return }
        let number = begin(call.number, request, by: call.client, at: call.start)
        if let shown = shown { answer(number, shown, call) }
    }

    private mutating func rotate(_ call: ChaosCall, _ expected: UInt64, _ id: KeyID) {
        guard let shown = told(call, id) else { return }
        let number = begin(call.number, .rotate(expected: expected), by: call.client, at: call.start)
        guard let shown else { return }
        guard case .key = shown else { return answer(number, shown, call) }
        answer(number, .accepted, call)
        answer(begin(call.number, .ask(.describe), by: call.client, at: call.start), shown, call)
    }

    private mutating func read(_ call: ChaosCall, _ staleness: Int64, _ id: KeyID) {
        guard case .some(.some(let shown)) = told(call, id) else { return }
        let number = begin(call.number, .ask(.describe), by: call.client, at: call.start, staleness: staleness)
        answer(number, shown, call)
    }

    /// What the call was told of the key's state. The inner nil: nothing is known, it may have had its effect. The
    /// outer one: it had none, and says nothing.
    private func told(_ call: ChaosCall, _ id: KeyID) -> KeyStepSpecification.Answer?? {
        switch call.outcome {
        case .done(.key(let facts)): .some(.key(Self.facts(facts, id)))
        case .refused(let code): Self.answers[code].map { .some(.refused($0)) }
        case .done, .unknown, nil: .some(nil)
        }
    }

    private static func facts(_ facts: ChaosCall.KeyFacts, _ id: KeyID) -> KeyFacts {
        KeyFacts(
            id: id, generation: facts.generation, primary: KeyVersionNumber(facts.primary), versions: facts.versions,
            tags: tags(facts.tags), isEnabled: facts.isEnabled)
    }

    private static func tags(_ tags: [String: String]) -> [KeyTag] {
        tags.map { KeyTag(key: $0.key, value: $0.value) }.sorted()
    }
}
