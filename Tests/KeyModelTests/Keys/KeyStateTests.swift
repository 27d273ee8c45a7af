import KeyModel
import Testing

@Suite struct KeyStateTests {
    static let states: [KeyState] = [
        .preActive, .active, .suspended, .deactivated, .compromised,
        .pendingDestruction(deadline: 100, compromised: false), .pendingDestruction(deadline: 100, compromised: true),
        .destroyed,
    ]
    static let transitions: [KeyTransition] = [
        .activate, .suspend, .resume, .deactivate, .compromise, .scheduleDestruction(deadline: 200), .cancelDestruction,
        .destroy,
    ]
    /// Rows: states; columns: transitions, at time 50, before every deadline.
    static let before: [[KeyState?]] = [
        [.active, nil, nil, nil, .compromised, .pendingDestruction(deadline: 200, compromised: false), nil, nil],
        [nil, .suspended, nil, .deactivated, .compromised, nil, nil, nil],
        [nil, nil, .active, .deactivated, .compromised, nil, nil, nil],
        [nil, nil, nil, nil, .compromised, .pendingDestruction(deadline: 200, compromised: false), nil, nil],
        [nil, nil, nil, nil, nil, .pendingDestruction(deadline: 200, compromised: true), nil, nil],
        [nil, nil, nil, nil, .pendingDestruction(deadline: 100, compromised: true), nil, .deactivated, nil],
        [nil, nil, nil, nil, nil, nil, .compromised, nil],
        [nil, nil, nil, nil, nil, nil, nil, nil],
    ]

    @Test("Every pair of state and transition leads where the table says", arguments: 0..<8)
    func table(row: Int) {
        for (column, transition) in Self.transitions.enumerated() {
            #expect(
                Self.states[row].after(transition, at: 50) == Self.before[row][column],
                "\(Self.states[row]) \(transition)")
        }
    }

    @Test("Destruction happens at the deadline and not before; cancelling works until then")
    func deadline() {
        let pending = KeyState.pendingDestruction(deadline: 100, compromised: false)
        #expect(pending.after(.destroy, at: 99) == nil)
        #expect(pending.after(.destroy, at: 100) == .destroyed)
        #expect(pending.after(.cancelDestruction, at: 99) == .deactivated)
        #expect(pending.after(.cancelDestruction, at: 100) == nil)
        #expect(KeyState.deactivated.after(.scheduleDestruction(deadline: 50), at: 50) == nil)
    }

    @Test("Only active protects; what is about to be or was active processes, too", arguments: states)
    func permits(state: KeyState) {
        #expect(state.permits(.protect) == (state == .active))
        #expect(state.permits(.process) == [.preActive, .active, .deactivated].contains(state))
    }

    @Test("A disabled key permits nothing, and only the primary version protects")
    func key() throws {
        var key = Key(
            id: KeyID(high: 1, low: 2), name: try KeyName(parsing: "eu/acme/orders"), algorithm: .aes256, createdAt: 0,
            primary: KeyVersionNumber(2),
            versions: [
                KeyVersion(number: .first, state: .active, wrapped: nil, createdAt: 0),
                KeyVersion(number: KeyVersionNumber(2), state: .active, wrapped: nil, createdAt: 0),
            ])
        #expect(key.permits(.protect, version: KeyVersionNumber(2)))
        #expect(!key.permits(.protect, version: .first))
        #expect(key.permits(.process, version: .first))
        #expect(!key.permits(.process, version: KeyVersionNumber(3)))
        #expect(!key.permits(.process, version: KeyVersionNumber(0)))
        key.isEnabled = false
        #expect(!key.permits(.process, version: .first))
        #expect(!key.permits(.protect, version: KeyVersionNumber(2)))
    }
}
