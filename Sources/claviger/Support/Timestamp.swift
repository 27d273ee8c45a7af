import FoundationEssentials

/// Milliseconds since 1970 as a person reads them.
enum Timestamp {
    /// As `2026-11-23T22:00:00Z`; a dash for none.
    static func text(_ milliseconds: Int64) -> String {
        guard milliseconds > 0 else { return "-" }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
    }
}
