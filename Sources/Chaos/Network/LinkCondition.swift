/// How packets fare from one host to another: one direction.
package struct LinkCondition: Sendable, Equatable {
    /// From sending to arrival; less than zero is zero.
    package var delay: Duration = .zero
    /// The share of packets that never arrive, 0 to 1; what lies outside is taken as the nearest of both.
    package var loss: Double = 0
    /// Nothing arrives, nobody is told.
    package var isCut = false

    package init(delay: Duration = .zero, loss: Double = 0, isCut: Bool = false) {
        self.delay = delay
        self.loss = loss
        self.isCut = isCut
    }

    /// Nanoseconds; an hour at most, so that no sum of times can overflow.
    var delayNanoseconds: Int64 {
        let limited = min(max(delay, .zero), .seconds(3600)).components
        return limited.seconds * 1_000_000_000 + limited.attoseconds / 1_000_000_000
    }
}

/// What came of the packets from one host to another.
package struct LinkTraffic: Sendable, Equatable {
    /// Packets that arrived.
    package var packets: UInt64 = 0
    /// Their bytes, IP headers included.
    package var bytes: UInt64 = 0
    /// Packets that did not: lost, on a cut link, or too many under way.
    package var dropped: UInt64 = 0

    package init(packets: UInt64 = 0, bytes: UInt64 = 0, dropped: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
        self.dropped = dropped
    }
}
