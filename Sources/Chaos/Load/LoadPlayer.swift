/// One load of a scenario while it is played.
protocol LoadPlayer: Sendable {
    /// Makes what must be there before the load begins. Throws `ChaosError` after a minute of trying.
    func prepare() async throws
    /// Goes on until the context stops, and then until the last call has ended.
    func run() async
}

extension LoadPlayer {
    func prepare() async throws {}
}

/// Names of what the loads of a placement make: all of one tenant.
enum LoadNames {
    static let tenant = "chaos"

    static func prefix(_ placement: String) -> String { "\(placement)/\(tenant)/" }
    static func write(_ placement: String, _ number: Int) -> String { prefix(placement) + "w-\(number)" }
    static func shared(_ placement: String, _ number: Int) -> String { prefix(placement) + "k-\(number)" }
    static func register(_ placement: String, _ number: Int) -> String { prefix(placement) + "r-\(number)" }
    static func crypto(_ placement: String) -> String { prefix(placement) + "crypto" }
    static func probe(_ placement: String) -> String { prefix(placement) + "probe" }
    static func revoked(_ placement: String) -> String { prefix(placement) + "revoked" }
    /// Not a key: what the calls of plugins are about.
    static func kubernetes(_ placement: String) -> String { prefix(placement) + "kubernetes" }
    /// Not a key either.
    static func policy(_ placement: String, _ name: String) -> String { "\(placement)/\(name)" }
}
