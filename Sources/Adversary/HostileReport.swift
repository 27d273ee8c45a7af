/// What an attack came to, and what was promised and not kept.
package struct HostileReport: Sendable, Encodable {
    /// What a federation under attack promises.
    package struct Promise: Sendable, Encodable {
        /// No call beside an attack takes longer.
        package var longestCallMilliseconds = 1000.0
        /// No process grows by more.
        package var growthMB = 256.0

        package init() {}
    }

    package let seed: UInt64
    package let target: String
    package let captured: String
    package let promise: Promise
    package let attacks: [AttackTally]
    package let callers: [HealthyCaller.Tally]
    package let writesAcknowledged: Int
    /// Acknowledged, and not there in the end.
    package let writesLost: Int
    package let processes: [ProcessRecord]

    /// One sentence for every broken promise.
    package var broken: [String] {
        var broken: [String] = []
        for attack in attacks {
            if attack.hung > 0 {
                let kinds = attack.kinds.filter { $0.hung > 0 }.map { "\($0.kind): \($0.hung)" }.joined(separator: ", ")
                broken.append("port \(attack.port): owed an end or an answer and gave none: \(kinds)")
            }
            if attack.inputs == 0 { broken.append("port \(attack.port): nothing got in") }
        }
        for caller in callers {
            if caller.calls == 0 { broken.append("\(caller.caller): never called") }
            if caller.failures > 0 {
                let first = caller.firstFailures.joined(separator: "; ")
                broken.append("\(caller.caller): \(caller.failures) of \(caller.calls) calls failed: \(first)")
            }
            if caller.longestMilliseconds > promise.longestCallMilliseconds {
                broken.append("\(caller.caller): a call took \(caller.longestMilliseconds) ms")
            }
        }
        if writesAcknowledged == 0 { broken.append("no write was acknowledged") }
        if writesLost > 0 { broken.append("\(writesLost) acknowledged writes are lost") }
        for process in processes {
            if !process.isAlive { broken.append("\(process.process): the process ended") }
            if process.growthMB > promise.growthMB {
                broken.append("\(process.process): grew from \(process.beforeMB) to \(process.peakMB) MB")
            }
        }
        return broken
    }
}
