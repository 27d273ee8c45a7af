/// Figures that come from calls: gaps, shares of seconds, failures and long calls.
struct CallFigures: Sendable {
    /// Refusals that answer what was asked, so that nobody would call the service away.
    private static let answers: Set<String> = [
        "alreadyExists", "keyNotFound", "generationConflict", "invalidKeyState", "quotaExceeded",
    ]

    private let record: RunRecord
    private let disabled: [String: DisabledTimes]
    private let staleness: StalenessBounds
    /// When the first fault began; the load's beginning if there is none.
    private let firstFault: Int64

    init(_ record: RunRecord, staleness: StalenessBounds, disabled: [String: DisabledTimes]) {
        self.record = record
        self.disabled = disabled
        self.staleness = staleness
        firstFault = record.events.filter { $0.kind == .fault }.map(\.at).min() ?? 0
    }

    /// All that apply.
    ///
    /// - `writesBack`: longest time between the ends of two acknowledged writes of the loads `writes`, `lifecycle` and
    ///   `registers` of one placement, that ends after the first fault.
    /// - `writeErrors`: such writes that were not acknowledged, but for those that the key's state answers.
    /// - `secondsWithWrites`: share of the load's whole seconds in which one was acknowledged, of the placement with
    ///   the fewest.
    /// - `cryptoGap`, `affectedCryptoGap`: longest time between the ends of two answered calls of the load `crypto` in
    ///   one region, that ends after the first fault; of times that no fault is about the region's clients, and of
    ///   those that meet a moment when one is, or was until shortly before.
    /// - `cryptoErrors`, `affectedCryptoErrors`: such calls that were not answered, but for those with a key that may
    ///   have been disabled; apart in the same way, by when they were under way.
    /// - `secondsWithCrypto`: as `secondsWithWrites`, of answered calls of the load `crypto`.
    /// - `longestCrypto`: longest call of the loads `crypto` and `kubernetes` that encrypts or decrypts, answered or
    ///   not; one without an end lasts to the end of the load.
    /// - `kubernetesGap`: as `cryptoGap`, of `Encrypt` and `Decrypt` at one plugin.
    /// - `kubernetesErrors`: calls at plugins that were not answered, and answers that they are not healthy.
    var all: [Measure: Double] {
        var figures: [Measure: Double] = [:]
        addWrites(to: &figures)
        addCrypto(to: &figures)
        let crypto = gaps(byRegion: false, { $0.load == .crypto && $0.isCrypto }, Self.isServed)
        figures[.secondsWithCrypto] = crypto.shareOfSeconds
        addKubernetes(to: &figures)
        let length = RunTime.nanoseconds(record.scenario.length)
        figures[.longestCrypto] = record.calls
            .filter { $0.isCrypto && ($0.load == .crypto || $0.load == .kubernetes) }
            .map { RunTime.seconds(($0.end ?? max(length, $0.start)) - $0.start) }.max()
        return figures
    }

    // MARK: - Kinds of calls

    private static func isWrite(_ call: ChaosCall) -> Bool {
        switch call.load {
        case .writes, .lifecycle, .registers: call.isWrite
        default: false
        }
    }

    /// Whether a crypto call got what it asked for.
    static func isServed(_ call: ChaosCall) -> Bool {
        if case .done(.decrypted(isRight: false)) = call.outcome { false } else { call.isDone }
    }

    private func gaps(
        byRegion: Bool, _ belongs: (ChaosCall) -> Bool, _ isAnswered: (ChaosCall) -> Bool
    ) -> AnswerGaps {
        AnswerGaps(record, byRegion: byRegion, belongs: belongs, isAnswered: isAnswered)
    }

    // MARK: - Figures

    private func addWrites(to figures: inout [Measure: Double]) {
        let writes = gaps(byRegion: false, Self.isWrite, \.isDone)
        guard !writes.ends.isEmpty else { return }
        figures[.writesBack] = writes.longest(after: firstFault).map(RunTime.seconds)
        figures[.secondsWithWrites] = writes.shareOfSeconds
        let failed = record.calls.count { call in
            Self.isWrite(call) && !call.isDone && !(call.refusal.map(Self.answers.contains) ?? false)
        }
        figures[.writeErrors] = Double(failed)
    }

    private func addCrypto(to figures: inout [Measure: Double]) {
        let affected = AffectedTimes.ofRegions(in: record)
        let length = RunTime.nanoseconds(record.scenario.length)
        let isCrypto = { (call: ChaosCall) in call.load == .crypto && call.isCrypto }
        // That a disabled key is refused is an answer.
        let isAnswered = { (call: ChaosCall) in Self.isServed(call) || isRefusedAsDisabled(call) }
        let answers = gaps(byRegion: true, isCrypto, isAnswered)
        let calls = record.calls.filter(isCrypto)
        let isHit = calls.map { call in
            affected.meet(call.region, from: call.start, until: call.end ?? max(length, call.start))
        }
        func add(_ gap: Measure, _ errors: Measure, isAffected: Bool) {
            let longest = answers.longest(after: firstFault) { stream, from, until in
                affected.meet(stream.region, from: from, until: until) == isAffected
            }
            figures[gap] = longest.map(RunTime.seconds)
            let own = zip(calls, isHit).filter { $1 == isAffected }
            if !own.isEmpty { figures[errors] = Double(own.count { !isAnswered($0.0) }) }
        }
        add(.cryptoGap, .cryptoErrors, isAffected: false)
        add(.affectedCryptoGap, .affectedCryptoErrors, isAffected: true)
    }

    private func isRefusedAsDisabled(_ call: ChaosCall) -> Bool {
        guard call.refusal == "invalidKeyState", let times = disabled[call.subject] else { return false }
        return times.mayBeDisabled(from: call.start - staleness[call.placement], until: call.end ?? .max)
    }

    private func addKubernetes(to figures: inout [Measure: Double]) {
        let calls = gaps(byRegion: true, { $0.load == .kubernetes && $0.isCrypto }, Self.isServed)
        guard !calls.ends.isEmpty else { return }
        figures[.kubernetesGap] = calls.longest(after: firstFault).map(RunTime.seconds)
        let failed = record.calls.count { call in
            guard call.load == .kubernetes else { return false }
            if case .done(.status(isHealthy: false, _)) = call.outcome { return true }
            return !Self.isServed(call)
        }
        figures[.kubernetesErrors] = Double(failed)
    }
}
