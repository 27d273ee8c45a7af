/// The rule for placement and tenant names where they enter a format: 1 to 63 bytes of `a-z 0-9 -`, with a letter or
/// digit
/// at both ends.
enum PlacementName {
    static func isValid(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard (1...63).contains(bytes.count), bytes.first != dash, bytes.last != dash else { return false }
        return bytes.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == dash }
    }

    private static let dash: UInt8 = 45
}
