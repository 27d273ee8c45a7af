import Topology

extension YAMLValue {
    /// A length of time: a whole number of `us`, `ms`, `s`, `m` or `h`. Below zero with a minus sign where `isSigned`.
    func time(isSigned: Bool = false) throws(TopologyError) -> Duration {
        let text = try text()
        let isNegative = isSigned && text.hasPrefix("-")
        guard let time = Self.time(isNegative ? String(text.dropFirst()) : text) else {
            throw error("'\(text)' is not a duration; write it as 500us, 250ms, 10s, 5m or 24h")
        }
        return isNegative ? .zero - time : time
    }

    private static func time(_ text: String) -> Duration? {
        guard text.hasSuffix("us") else { return DurationText.parse(text) }
        guard let count = whole(text.dropLast(2)) else { return nil }
        return .microseconds(count)
    }

    /// `95%` or `0.5%` as a share of one.
    func share(atMost limit: Double = 1) throws(TopologyError) -> Double {
        let text = try text()
        guard text.hasSuffix("%"), let percent = Self.decimal(text.dropLast()), percent <= limit * 100 else {
            throw error("'\(text)' is not a share; write it as 95%, at most \(Int64(limit * 100))%")
        }
        return percent / 100
    }

    /// A number such as `50` or `1.2` in the range.
    func number(in range: ClosedRange<Double>) throws(TopologyError) -> Double {
        let text = try text()
        guard let number = Self.decimal(Substring(text)), range.contains(number) else {
            throw error(
                "'\(text)' is not a number from \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))")
        }
        return number
    }

    /// A whole number of bytes, plain or with `KiB` or `MiB`.
    func bytes() throws(TopologyError) -> Int64 {
        let text = try text()
        for (suffix, factor) in [("KiB", Int64(1) << 10), ("MiB", Int64(1) << 20), ("", 1)] where text.hasSuffix(suffix)
        {
            guard let count = Self.whole(text.dropLast(suffix.count)), count <= 1 << 40 else { break }
            return count * factor
        }
        throw error("'\(text)' is not a number of bytes; write it as 0, 64KiB or 2MiB")
    }

    /// `yes` or `no`.
    func isYes() throws(TopologyError) -> Bool {
        switch try text() {
        case "yes": return true
        case "no": return false
        case let text: throw error("'\(text)' is neither 'yes' nor 'no'")
        }
    }

    /// One of the words.
    func word<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) throws(TopologyError) -> Word
    where Word.RawValue == String {
        let text = try text()
        guard let word = Word(rawValue: text) else {
            throw error("'\(text)' is not known; known here: \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    // MARK: - Digits

    private static func whole(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit) else { return nil }
        return Int64(text)
    }

    /// Digits with at most one point between them: nothing that a person would not write.
    private static func decimal(_ text: Substring) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }),
            text.utf8.count <= 15
        else { return nil }
        return Double(text)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func plain(_ number: Double) -> String {
        number == number.rounded() ? "\(Int64(number))" : "\(number)"
    }
}
