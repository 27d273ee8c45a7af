extension Measure {
    /// What it is called in reports.
    package var label: String {
        switch self {
        case .writesBack: "writes back"
        case .writeErrors: "failed writes"
        case .cryptoGap: "crypto gap, other regions"
        case .cryptoErrors: "failed crypto, other regions"
        case .affectedCryptoGap: "crypto gap, hit regions"
        case .affectedCryptoErrors: "failed crypto, hit regions"
        case .longestCrypto: "longest crypto call"
        case .kubernetesGap: "Kubernetes gap"
        case .kubernetesErrors: "failed Kubernetes calls"
        case .minorityServes: "served without a quorum"
        case .writers: "sides that wrote in one term"
        case .revocationLag: "revocation lag, p99"
        case .secondsWithWrites: "seconds with a write"
        case .secondsWithCrypto: "seconds with crypto"
        case .termsPerMinute: "terms per minute"
        case .nodeReady: "start to ready"
        case .firstCrypto: "start to first crypto"
        case .refusalAfterFull: "full disk to refusal"
        case .nodesEnded: "nodes that ended"
        case .stormTime: "storm done after"
        case .stormLongestCall: "longest call of a storm"
        case .stormErrors: "failed calls of a storm"
        case .goodput: "goodput under overload"
        case .ordinaryShare: "ordinary callers under overload"
        case .leaks: "leaks"
        case .lostWrites: "lost writes"
        case .violations: "violations"
        case .unknownHistories: "histories without a verdict"
        case .auditMismatches: "audit mismatches"
        }
    }

    /// What it means, in a line.
    var meaning: String {
        switch self {
        case .writesBack: "RTO: longest time without an acknowledged write that ends after the first fault"
        case .lostWrites: "RPO: acknowledged writes that are gone after everything came back"
        case .cryptoGap:
            "longest time without an answered crypto call of clients in regions that no fault is about then"
        case .affectedCryptoGap: "the same of clients in regions while a fault is about them, and shortly after"
        case .kubernetesGap: "longest time without an answered call at the Kubernetes plugins"
        case .revocationLag: "from the acknowledged disable to the last call that was still served, p99"
        case .minorityServes: "from the cut to the last crypto call that a node without a quorum served"
        case .violations: "answers that no order explains, stale beyond the bound, or served after a revocation"
        case .auditMismatches: "replies without an audit row, and rows without a call"
        case .leaks: "material or plaintext found where it must not be"
        case .goodput: "crypto calls answered to all callers per second in the overload, of the best 2 s of the run"
        case .ordinaryShare:
            "crypto calls answered to ordinary callers per second in the overload, of those just before"
        default: label
        }
    }

    /// A figure with its unit: `412 ms`, `4.13 s`, `98.6 %`, `3`, `2.5 /min`; `never` for one without an end.
    package func text(_ figure: Double) -> String {
        guard figure.isFinite else { return figure.isNaN ? "?" : "never" }
        return switch unit {
        case .seconds: FigureText.seconds(figure)
        case .count: FigureText.plain(figure)
        case .share: "\(FigureText.significant(figure * 100)) %"
        case .perMinute: "\(FigureText.significant(figure)) /min"
        }
    }

    /// `≤ 10 s`, `≥ 90 %`; `0` where nothing else will do.
    func text(bound: Double) -> String {
        if !isMoreBetter, bound == 0 { return "0" }
        return "\(isMoreBetter ? "≥" : "≤") \(text(bound))"
    }
}

/// Numbers as people read them.
enum FigureText {
    static func seconds(_ value: Double) -> String {
        if value == 0 { return "0 s" }
        if abs(value) < 0.9995 { return "\(significant(value * 1000)) ms" }
        return "\(significant(value)) s"
    }

    /// Three digits that count; more only before the point.
    static func significant(_ value: Double) -> String {
        switch abs(value) {
        case ..<9.995: plain(value, digits: 2)
        case ..<99.95: plain(value, digits: 1)
        default: plain(value, digits: 0)
        }
    }

    /// At most so many digits behind the point, without zeros at the end.
    static func plain(_ value: Double, digits: Int = 2) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return value.isNaN ? "?" : value > 0 ? "∞" : "-∞" }
        let factor = [1.0, 10, 100, 1000][min(3, max(0, digits))]
        let scaled = Int64((abs(value) * factor).rounded())
        let (whole, part) = scaled.quotientAndRemainder(dividingBy: Int64(factor))
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard part != 0 else { return "\(sign)\(whole)" }
        var fraction = String(part + Int64(factor)).dropFirst()
        while fraction.hasSuffix("0") { fraction = fraction.dropLast() }
        return "\(sign)\(whole).\(fraction)"
    }

    /// `1,234,567`.
    static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-\(text)" : text
    }

    /// A length of time for a person: `47 s`, `12 min 5 s`, `2 h 3 min`.
    static func length(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
