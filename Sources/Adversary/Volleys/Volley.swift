/// The malformed input of one connection.
package struct Volley: Sendable {
    /// How the connection begins.
    package enum Entry: Hashable, Sendable {
        case plain
        case tls(Disguise)
    }

    /// What is done to the bytes that leave, below TLS.
    package enum Tamper: Hashable, Sendable {
        case flip(at: Int, mask: UInt8)
        case cut(at: Int)
    }

    /// What happens once everything was sent. Times are milliseconds.
    package enum Ending: Hashable, Sendable {
        /// The server must end the connection by itself.
        case server
        /// The server must end so many streams, or the connection.
        case answers(Int)
        /// Leaves when the server has ended the connection, or after a while.
        case leave(after: Int)
        /// The same with a reset instead of an orderly end.
        case reset(after: Int)
        /// Stays beside the others and says no more.
        case stay(for: Int)
        /// Reads nothing of what the server answers; then a reset.
        case deaf(for: Int)
    }

    package var entry = Entry.plain
    package var tamper: Tamper?
    package var bytes: [UInt8]
    /// Malformed units in the bytes.
    package var inputs = 1
    package var ending: Ending
}

/// Whose certificate a connection shows.
package enum Disguise: String, CaseIterable, Hashable, Sendable {
    case nobody
    /// A node's name from another authority.
    case stranger
    /// A workload: it may encrypt and decrypt with one key.
    case workload
    /// An operator: it may manage keys.
    case `operator`
    /// A node of the federation that was captured.
    case node
}

/// A kind of malformed input and its part of all that is thrown at a port.
package struct VolleyKind: Sendable {
    let name: String
    let share: Double
    let make: @Sendable (inout Chance) -> Volley

    init(_ name: String, _ share: Double, _ make: @escaping @Sendable (inout Chance) -> Volley) {
        self.name = name
        self.share = share
        self.make = make
    }
}

/// Deals volleys so that every kind has its share from the beginning.
struct VolleyDealer {
    private let kinds: [VolleyKind]
    private var dealt: [Double]
    private var chance: Chance

    init(_ kinds: [VolleyKind], seed: UInt64) {
        self.kinds = kinds
        dealt = kinds.map { _ in 0 }
        chance = Chance(seed: seed)
    }

    /// The next volley and the number of its kind; nil if there are no kinds.
    mutating func next() -> (kind: Int, volley: Volley)? {
        let kind = kinds.indices.min { dealt[$0] / kinds[$0].share < dealt[$1] / kinds[$1].share }
        guard let kind else { return nil }
        let volley = kinds[kind].make(&chance)
        dealt[kind] += Double(volley.inputs)
        return (kind, volley)
    }
}
