/// What happened in a run over time, in steps of equal length. Times are seconds since the beginning of the load.
package struct Timeline: Sendable, Codable, Equatable {
    /// What calls are about. Probes are left out: they ask nodes that are known to be down.
    package enum Traffic: String, Sendable, Codable, CaseIterable { case writes, crypto, kubernetes, reads }

    /// Answered calls of a kind.
    package struct Lane: Sendable, Codable, Equatable {
        package var traffic: Traffic
        /// Where the clients are; empty: all together.
        package var region: String
        /// Per second, by when the answer came.
        package var rate: [Double]
        /// Milliseconds, by when the call began, so that a gap shows as the wait of those who began in it. Nil: nobody
        /// did.
        package var p50: [Double?]
        package var p99: [Double?]
        package var longest: [Double?]
    }

    /// Calls that got no answer that a client can use.
    package struct Failures: Sendable, Codable, Equatable {
        package var traffic: Traffic
        package var region: String
        package var code: String
        /// Step and number of calls in turn: steps without a failure are left out.
        package var counts: [Int]
    }

    /// A node that led a group for a while.
    package struct Leadership: Sendable, Codable, Equatable {
        package var group: String
        package var node: String
        package var term: UInt64
        package var from: Double
        package var until: Double
    }

    /// A fault.
    package struct Band: Sendable, Codable, Equatable {
        package var text: String
        package var from: Double
        /// Nil: it took no time of its own.
        package var until: Double?
    }

    /// A node that was down for a while.
    package struct Absence: Sendable, Codable, Equatable {
        package var node: String
        package var from: Double
        package var until: Double
    }

    /// The longest time without an answer that ends after the first fault.
    package struct Gap: Sendable, Codable, Equatable {
        package var traffic: Traffic
        /// Empty: of all clients together.
        package var region: String
        package var from: Double
        package var until: Double
    }

    /// Length of a step.
    package var step: Double
    /// Of all that is shown.
    package var length: Double
    package var lanes: [Lane]
    package var failures: [Failures]
    package var leaders: [Leadership]
    package var bands: [Band]
    /// Nodes that did not run or were not ready.
    package var down: [Absence]
    package var gaps: [Gap]
    /// Regions of nodes, as far as they are known.
    package var places: [String: String]

    /// Regions with clients, in the order of their names.
    package var regions: [String] { Set(lanes.map(\.region) + failures.map(\.region)).subtracting([""]).sorted() }

    func lane(_ traffic: Traffic, in region: String) -> Lane? {
        lanes.first { $0.traffic == traffic && $0.region == region }
    }

    /// Nanoseconds as seconds, to the millisecond.
    static func seconds(_ nanoseconds: Int64) -> Double { (Double(nanoseconds) / 1e6).rounded() / 1e3 }
}
