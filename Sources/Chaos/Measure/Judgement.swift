/// What the record of a run shows: what was wrong in it, and its figures. A pure function of the record: the same
/// record gives the same judgement, word for word.
package struct Judgement: Sendable, Equatable {
    /// All that was found, check by check.
    package let findings: [Finding]
    /// In the measures' units. What a run says nothing about is not there.
    package let figures: [Measure: Double]

    /// Judges a run.
    ///
    /// - Parameter staleness: how old what a placement's nodes serve crypto from may be, by placement; 60 s, as
    ///   placements have it that say nothing, where it is not named.
    /// - Parameter budget: how often a key or a register may be asked in the search for an order of the calls about it.
    package init(of record: RunRecord, staleness: [String: Duration] = [:], budget: Int = 1_500_000) {
        let bounds = StalenessBounds(staleness, schedule: record.scenario.schedule)
        let disabled = DisabledTimes.all(record)
        let isolation = IsolationCheck(record, staleness: bounds)
        let revocation = RevocationCheck(record, staleness: bounds, disabled: disabled)
        let leaders = LeaderCheck(record)
        var findings: [Finding] = []
        findings += LostWriteCheck(record).findings
        findings += KeyOrderCheck(record, staleness: bounds, budget: budget).findings
        findings += RegisterOrderCheck(record, budget: budget).findings
        findings += revocation.findings
        findings += VersionAgeCheck(record, staleness: bounds).findings
        findings += isolation.findings
        findings += CiphertextCheck(record, staleness: bounds, disabled: disabled).findings
        findings += PolicyCheck(record, staleness: bounds).findings
        findings += leaders.findings
        findings += AuditCheck(record).findings
        findings += record.leaks.map { Finding(.leak, $0) }
        self.findings = findings

        var figures = CallFigures(record, staleness: bounds, disabled: disabled).all
        figures.merge(EventFigures(record).all) { first, _ in first }
        figures.merge(OverloadFigures(record).all) { first, _ in first }
        figures.merge(Self.counts(findings, record)) { first, _ in first }
        figures[.minorityServes] = isolation.longest.map(RunTime.seconds)
        figures[.revocationLag] = Self.nearlyAll(of: revocation.lags).map(RunTime.seconds)
        figures[.writers] = leaders.mostLeaders.map(Double.init)
        self.figures = figures
    }

    /// Figures that count findings.
    ///
    /// - `lostWrites`: acknowledged creations that are gone. Not there where none is known to be gone and of some
    ///   nobody could say: such a run does not show that nothing was lost.
    /// - `violations`, `auditMismatches`: findings of the kinds that say so. `leaks`: what the record says.
    /// - `unknownHistories`: keys and registers without a verdict.
    ///
    /// Audit records and leaks are Claviger's only.
    private static func counts(_ findings: [Finding], _ record: RunRecord) -> [Measure: Double] {
        var figures: [Measure: Double] = [:]
        let lost = Finding.Kind.lostWrite.count(in: findings)
        if lost > 0 || Finding.Kind.unanswered.count(in: findings) == 0 { figures[.lostWrites] = lost }
        figures[.violations] = Double(findings.count { $0.kind.isViolation })
        figures[.unknownHistories] = Finding.Kind.undecided.count(in: findings)
        if record.scenario.subject == .claviger {
            figures[.auditMismatches] = Double(findings.count { $0.kind.isAuditMismatch })
            figures[.leaks] = Double(record.leaks.count)
        }
        return figures
    }

    /// The 99th percentile: the smallest that 99 of 100 do not exceed. Nil of none.
    private static func nearlyAll(of values: [Int64]) -> Int64? {
        guard !values.isEmpty else { return nil }
        return values.sorted()[(values.count * 99 + 99) / 100 - 1]
    }
}
