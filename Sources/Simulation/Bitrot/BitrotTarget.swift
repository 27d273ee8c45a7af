import Raft

/// What of a node's disk is damaged.
package enum BitrotTarget: String, CaseIterable, Codable, Sendable {
    case sst = "SST"
    case wal = "WAL"
    case manifest = "MANIFEST"
    case current = "CURRENT"
    case mark = "durable mark"
    case epochs = "epoch store"
    case audit = "audit database"
    /// The length of one record, aimed at: random bits hit it too seldom.
    case walLength = "WAL, a length"
    case manifestLength = "MANIFEST, a length"
}

/// What came of the damage.
package enum BitrotVerdict: String, CaseIterable, Codable, Sendable {
    /// Refused aloud.
    case detected
    /// Noticed, and mended from a second copy.
    case repaired
    /// Every answer is as it was.
    case harmless
    /// An answer is wrong and nobody said so.
    case silent = "SILENT WRONG ANSWER"
}

/// What one trial showed.
struct BitrotOutcome {
    var verdict: BitrotVerdict
    var text = ""

    static func detected(_ error: any Error) -> BitrotOutcome { BitrotOutcome(verdict: .detected, text: "\(error)") }
    static func silent(_ text: String) -> BitrotOutcome { BitrotOutcome(verdict: .silent, text: text) }
}

/// A file as it was before the damage.
struct ImageFile {
    var name: String
    var bytes: [UInt8]
}

/// Files that damage is done to.
extension Randomness {
    /// One of them.
    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[draw(below: elements.count)]
    }

    /// Flips 1 to 64 bits, over all of a range or, half the time, within a sector of it.
    mutating func flipBits(of bytes: inout [UInt8], in range: Range<Int>? = nil) {
        var range = range ?? bytes.indices
        if draw(below: 2) == 0, range.count > 512 {
            let start = range.lowerBound + draw(below: range.count - 512)
            range = start..<start + 512
        }
        // The same bit twice would be no damage at all.
        var chosen: Set<Int> = []
        for _ in 0...draw(below: min(64, range.count * 8)) { chosen.insert(draw(below: range.count * 8)) }
        for bit in chosen { bytes[range.lowerBound + bit / 8] ^= 1 << UInt8(bit % 8) }
    }
}
