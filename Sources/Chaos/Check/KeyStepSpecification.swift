import KeyModel
import Simulation

/// One key as the clients of a load see it, in steps that happen at one moment each.
///
/// `KeySpecification` says what each command does. What a client calls a rotation is more than one command: a version
/// is added, activated once every holder has it, and then the key is shown as it is at that moment. So a rotation that
/// was answered is two steps: one that adds, and one that reads what the answer shows. Activations are steps of their
/// own, as nodes make them by themselves.
struct KeyStepSpecification: SequentialSpecification {
    enum Request: Hashable, Sendable {
        case ask(KeyRequest.Action)
        /// Adds a version. 0 expects no generation: the node takes the one that it has seen.
        case rotate(expected: UInt64)
    }

    enum Answer: Equatable, Sendable {
        case key(KeyFacts)
        case refused(KMSError.Code)
        /// What was asked is done; the answer shows a later moment.
        case accepted
    }

    /// Histories are of one key each.
    enum Object: Hashable, Sendable { case key }

    let name: KeyName
    // Of idempotency keys a history says nothing, and epochs may change under a run.
    private let keys = KeySpecification(for: [KeyRequest](), materialMayBeRefused: true)

    init(_ name: KeyName) { self.name = name }

    var initialState: KeySpecification.State { keys.initialState }

    func objects(of request: Request) -> [Object] { [.key] }

    func isReading(_ request: Request, answered answer: Answer?) -> Bool {
        if case .refused = answer { return true }
        return switch request {
        case .ask(let action): KeyRequest(action, of: name).isReading
        case .rotate: false
        }
    }

    func canonical(_ request: Request) -> Request {
        switch request {
        case .ask(let action): .ask(keys.canonical(KeyRequest(action, of: name)).action)
        case .rotate: request
        }
    }

    func perform(_ request: Request, on state: inout KeySpecification.State) -> Answer {
        let answer = keys.perform(command(request, in: state), on: &state)
        if case .rotate = request, case .key = answer { return .accepted }
        return Self.answer(answer)
    }

    func alternative(
        to request: Request, answered answer: Answer, in state: KeySpecification.State
    ) -> KeySpecification.State? {
        guard case .refused(let code) = answer else { return nil }
        // Between the node's look at the generation and the command another change may have come.
        if case .rotate(expected: 0) = request, code == .generationConflict, state.keys[name] != nil { return state }
        return keys.alternative(to: command(request, in: state), answered: .refused(code), in: state)
    }

    func mayAnswer(_ answer: Answer, to request: Request, from state: KeySpecification.State) -> Bool {
        switch (request, answer) {
        case (_, .key(let facts)): keys.mayAnswer(.key(facts), to: command(request, in: state), from: state)
        case (.rotate(let expected), .accepted):
            expected == 0 || expected >= state.keys[name]?.generation ?? 0
        default: true
        }
    }

    private func command(_ request: Request, in state: KeySpecification.State) -> KeyRequest {
        switch request {
        case .ask(let action): KeyRequest(action, of: name)
        case .rotate(let expected):
            KeyRequest(.rotate(expected: expected == 0 ? state.keys[name]?.generation ?? 0 : expected), of: name)
        }
    }

    private static func answer(_ answer: KeyAnswer) -> Answer {
        switch answer {
        case .key(let facts): .key(facts)
        case .refused(let code): .refused(code)
        case .encrypted, .decrypted: .accepted
        }
    }

    // MARK: Words

    func text(of request: Request) -> String {
        switch request {
        case .ask(let action): String(keys.text(of: KeyRequest(action, of: name)).dropFirst("\(name): ".count))
        case .rotate(0): "rotate"
        case .rotate(let expected): "rotate expecting generation \(expected)"
        }
    }

    func text(of answer: Answer) -> String {
        switch answer {
        case .key(let facts): keys.text(of: .key(facts))
        case .refused(let code): keys.text(of: .refused(code))
        case .accepted: "accepted"
        }
    }

    func text(of state: KeySpecification.State) -> String { keys.text(of: state) }
}
