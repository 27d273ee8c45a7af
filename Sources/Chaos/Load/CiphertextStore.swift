import Synchronization

/// All that was protected in a run and must open for ever, with what is in it. Nothing of it leaves this process but
/// the ciphertexts.
final class CiphertextStore<Sealed: Sendable>: Sendable {
    struct Entry: Sendable {
        /// The number of the call that protected it.
        var call: Int
        var plaintext: [UInt8]
        var sealed: Sealed
    }

    private let kept = Mutex<[Entry]>([])

    var count: Int { kept.withLock { $0.count } }

    func add(_ call: Int, _ plaintext: [UInt8], _ sealed: Sealed) {
        kept.withLock { $0.append(Entry(call: call, plaintext: plaintext, sealed: sealed)) }
    }

    /// Half the time one of the oldest tenth, else any. Nil while there is none.
    func choose(_ randomness: inout LoadRandomness) -> Entry? {
        let isOld = randomness.chance(50)
        let draw = randomness.next()
        return kept.withLock { entries in
            guard !entries.isEmpty else { return nil }
            let reach = isOld ? max(1, entries.count / 10) : entries.count
            return entries[Int(draw % UInt64(reach))]
        }
    }

    /// All, or where there are more than `most` every k-th, with the first and the last.
    func sample(_ most: Int) -> [Entry] {
        kept.withLock { entries in
            guard let last = entries.last, most > 0 else { return [] }
            guard entries.count > most else { return entries }
            let step = (entries.count + most - 1) / most
            var chosen = stride(from: 0, to: entries.count, by: step).map { entries[$0] }
            if (entries.count - 1) % step != 0 { chosen.append(last) }
            return chosen
        }
    }
}
