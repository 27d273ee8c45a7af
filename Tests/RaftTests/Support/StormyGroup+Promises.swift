import Raft

/// What must hold at every moment, whatever the weather.
extension StormyGroup {
    /// Election safety: one leader for each term.
    mutating func note(_ place: Int) {
        let core = nodes[place].core
        guard core.role == .leader else { return }
        if let known = leaderOfTerm[core.term], known != core.replica {
            violations.append("two leaders in term \(core.term.rawValue)")
        }
        leaderOfTerm[core.term] = core.replica
    }

    /// A read sees everything that was applied anywhere before it began.
    mutating func check(_ states: [ReadState], at place: Int) {
        for state in states {
            let number = Int(state.context.reversed().reduce(0) { $0 << 8 | UInt64($1) })
            tally.answeredReads += 1
            if number >= firstFairRead { readers.insert(ids[place]) }
            if reads[number].replica != ids[place] { violations.append("a read answered at another replica") }
            if state.index < reads[number].floor { violations.append("a stale read at \(ids[place])") }
        }
    }

    /// Log matching: the same position has the same entry, and the same one before it, everywhere.
    mutating func checkLogs() {
        for node in nodes {
            let log = node.log
            guard let entries = try? log.entries(from: log.firstIndex, to: log.lastIndex.next, maxBytes: .max) else {
                violations.append("a log cannot be read")
                continue
            }
            var previous = try? log.term(at: log.firstIndex.previous)
            for entry in entries {
                if let known = entryAt[entry.position], known != entry { violations.append("logs differ") }
                if let known = termBefore[entry.position], known != previous { violations.append("logs do not match") }
                entryAt[entry.position] = entry
                termBefore[entry.position] = previous
                previous = entry.term
            }
        }
    }
}
