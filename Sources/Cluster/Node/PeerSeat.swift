/// Under which incarnation, and with which store id, a node that lost its disk may come back: given by the directory,
/// brought to the node in the words of its peers' refusals, `seat=INCARNATION:STORE` at their end.
package struct PeerSeat: Hashable, Sendable {
    package var incarnation: UInt16
    /// 16 bytes.
    package var store: [UInt8]

    package init(incarnation: UInt16, store: [UInt8]) {
        self.incarnation = incarnation
        self.store = store
    }

    private static let mark = " seat="

    /// What a refusal ends with.
    var text: String {
        let digits = Array("0123456789abcdef".utf8)
        let store = String(decoding: store.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        return "\(Self.mark)\(incarnation):\(store)"
    }

    /// Reads the end of a refusal; nil when it names no seat.
    init?(endOf refusal: String) {
        let bytes = Array(refusal.utf8)
        let mark = Array(Self.mark.utf8)
        guard let start = bytes.indices.last(where: { bytes[$0...].starts(with: mark) }) else { return nil }
        let words = bytes[(start + mark.count)...].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard words.count == 2, let incarnation = UInt16(String(decoding: words[0], as: UTF8.self)), incarnation > 0,
            words[1].count == 32
        else { return nil }
        let digits = words[1].compactMap(Self.value)
        guard digits.count == 32 else { return nil }
        self.incarnation = incarnation
        store = stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
