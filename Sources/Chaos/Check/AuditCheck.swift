/// Whether replies and rows of the nodes' audit records are one to one.
///
/// An attempt that got no answer may have a row or none. What the Kubernetes plugins ask is known by the name of its id
/// only, and several of their calls may share one question: of their rows nothing is asked but that somebody called.
struct AuditCheck: Sendable {
    private(set) var findings: [Finding] = []

    /// What a node says after it wrote it down. Other codes may come from the way to it or from before its service.
    private static let recorded: Set<String> = [
        "ciphertextRejected", "permissionDenied", "sovereigntyViolation", "keyNotFound", "alreadyExists",
        "invalidKeyState", "generationConflict", "quotaExceeded", "noLeader", "sealed", "stale",
    ]

    /// `CALL.ATTEMPT` as the harness sends it.
    private struct Name {
        let call: Int
        let attempt: Int

        init?(_ id: String) {
            guard id.first == "c" else { return nil }
            let parts = id.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, let call = Self.number(parts[0]), let attempt = Self.number(parts[1]) else {
                return nil
            }
            (self.call, self.attempt) = (call, attempt)
        }

        private static func number(_ text: Substring) -> Int? {
            text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
        }
    }

    private let unreadable: Set<String>
    /// By id, of the nodes that can be read.
    private var rows: [String: [RunRecord.AuditRow]] = [:]

    init(_ record: RunRecord) {
        unreadable = record.unreadableAudits
        guard record.scenario.subject == .claviger else { return }
        for row in record.auditRows where !unreadable.contains(row.node) {
            if Name(row.requestID) != nil { rows[row.requestID, default: []].append(row) }
        }
        let calls = Dictionary(record.calls.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        for (id, found) in rows.sorted(by: { $0.key < $1.key }) { judge(id, found, calls) }
        for call in record.calls where call.load != .kubernetes { judge(call) }
    }

    // MARK: - From rows to calls

    private mutating func judge(_ id: String, _ found: [RunRecord.AuditRow], _ calls: [Int: ChaosCall]) {
        guard let name = Name(id), let row = found.first else { return }
        guard let call = calls[name.call] else {
            findings.append(Finding(.auditForeign, "\(Self.words(row)) belongs to no call"))
            return
        }
        if call.load == .kubernetes {
            if !call.isCrypto {
                findings.append(
                    Finding(.auditForeign, "\(Self.words(row)) belongs to no call of a plugin", calls: [call.number]))
            }
            return
        }
        if found.count > 1 {
            let words = found.map(Self.words).joined(separator: "; ")
            findings.append(
                Finding(
                    .auditDoubled, "\(call.words) has more than one row for an attempt: \(words)",
                    calls: [call.number]))
        }
        // What a call did that has no outcome is not known.
        guard call.outcome != nil else { return }
        for row in found {
            let attempt = call.attempts.first { $0.id == id }
            if let attempt, attempt.node.isEmpty || attempt.node == row.node { continue }
            let problem = attempt.map { "was sent to \($0.node)" } ?? "was never sent"
            findings.append(
                Finding(
                    .auditForeign, "\(Self.words(row)), but that attempt of \(call.words) \(problem)",
                    calls: [call.number]))
        }
    }

    // MARK: - From replies to rows

    private mutating func judge(_ call: ChaosCall) {
        guard let node = call.node, !unreadable.contains(node), let expected = Self.outcome(of: call) else { return }
        // Asked again, a node's last answer is the one that counted.
        let attempt =
            call.attempts.last { $0.node == node } ?? call.attempts.last { $0.node.isEmpty }
        guard let attempt else {
            findings.append(
                Finding(
                    .auditMissing, "\(node) answered \(call.words), which it was never asked", calls: [call.number]))
            return
        }
        let own = (rows[attempt.id] ?? []).filter { $0.node == node }
        if own.contains(where: { $0.outcome == expected }) { return }
        let problem =
            own.first.map { "its row says \($0.outcome)" } ?? "there is no row of its attempt \(attempt.id)"
        findings.append(
            Finding(
                .auditMissing, "\(node) answered \(call.words) with \(expected), but \(problem)",
                calls: [call.number]))
    }

    /// What the row of the answer says; nil where there may be none.
    private static func outcome(of call: ChaosCall) -> String? {
        switch call.outcome {
        case .done: "ok"
        case .refused(let code) where recorded.contains(code): code
        case .refused, .unknown, nil: nil
        }
    }

    private static func words(_ row: RunRecord.AuditRow) -> String {
        "row \(row.requestID) of \(row.node) (\(row.action) \(row.keyName): \(row.outcome))"
    }
}
