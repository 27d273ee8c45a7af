import Raft

/// Which messages arrive, and when. It decides; the world delivers.
struct SimulatedNetwork {
    /// By sender and receiver, node numbers from 1: how many cuts lie on the way.
    private var cuts: [Int]
    /// By sender: until when its messages are held back.
    private var cloggedUntil: [UInt64]
    /// By sender and receiver: when the last message arrives, so that a link without reordering keeps the order.
    private var lastArrival: [UInt64]
    private let size: Int

    init(nodes: Int) {
        size = nodes + 1
        cuts = Array(repeating: 0, count: size * size)
        lastArrival = Array(repeating: 0, count: size * size)
        cloggedUntil = Array(repeating: 0, count: size)
    }

    func isCut(_ from: Int, _ to: Int) -> Bool { cuts[from * size + to] > 0 }

    /// Whether every message takes its ordinary time.
    func isOpen(_ now: UInt64) -> Bool { !cuts.contains { $0 > 0 } && !cloggedUntil.contains { $0 > now } }

    mutating func cut(_ from: Int, _ to: Int) { cuts[from * size + to] += 1 }
    mutating func mend(_ from: Int, _ to: Int) { cuts[from * size + to] = max(0, cuts[from * size + to] - 1) }
    mutating func clog(_ node: Int, until time: UInt64) { cloggedUntil[node] = max(cloggedUntil[node], time) }

    /// All ways open from now on.
    mutating func heal() {
        for place in cuts.indices { cuts[place] = 0 }
        for place in cloggedUntil.indices { cloggedUntil[place] = 0 }
    }

    /// When copies of a message that leaves now arrive; none if it is lost.
    mutating func arrivals(
        _ from: Int, _ to: Int, now: UInt64, distance: UInt64, faults: Faults, random: inout Randomness
    ) -> [UInt64] {
        guard !isCut(from, to) else { return [] }
        if faults.contains(.loss), random.draw(below: 20) == 0 { return [] }
        var copies = 1
        if faults.contains(.duplication), random.draw(below: 25) == 0 { copies = 2 }
        var times: [UInt64] = []
        for _ in 0..<copies {
            var delay = distance / 2 + UInt64(random.draw(below: Int(distance) + 1))
            if faults.contains(.longDelays), random.draw(below: 60) == 0 {
                delay += UInt64(random.draw(below: 10_000)) * 1_000_000
            }
            var time = max(now, cloggedUntil[from]) + delay
            if !faults.contains(.reordering), !faults.contains(.longDelays) {
                time = max(time, lastArrival[from * size + to])
                lastArrival[from * size + to] = time
            }
            times.append(time)
        }
        return times
    }
}
