/// Something in a run's history that must not be, or that nobody could decide.
package struct Finding: Sendable, Codable, Equatable {
    /// What is wrong, or not known.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// Answers about a key that no order of the calls explains.
        case noOrder
        /// A read of a register that is older than what was acknowledged before it.
        case staleRead
        /// An acknowledged write that is gone.
        case lostWrite
        /// Nobody could say at the end whether an acknowledged write is there.
        case unanswered
        /// Served with a disabled key, later than the bound of staleness allows.
        case servedAfterRevocation
        /// Protected by a version that a later one had replaced, longer ago than the bound.
        case oldVersion
        /// Served by a node without a quorum, longer than the bound.
        case servedWithoutQuorum
        /// A ciphertext that must open was refused, or opened to something else.
        case unopened
        /// Two leaders of one group in one term.
        case twoLeaders
        /// An answer about a policy that its history does not explain.
        case policy
        /// A reply of a node without a row in its audit record, or with one that says something else.
        case auditMissing
        /// More than one row for one attempt.
        case auditDoubled
        /// A row without an attempt at that node.
        case auditForeign
        /// Material, plaintext or names where they must not be.
        case leak
        /// The search for an order was longer than its budget.
        case undecided

        /// Whether `Measure.violations` counts it.
        package var isViolation: Bool {
            switch self {
            case .noOrder, .staleRead, .servedAfterRevocation, .oldVersion, .servedWithoutQuorum, .unopened,
                .twoLeaders, .policy:
                true
            case .lostWrite, .unanswered, .auditMissing, .auditDoubled, .auditForeign, .leak, .undecided: false
            }
        }

        /// Whether `Measure.auditMismatches` counts it.
        package var isAuditMismatch: Bool {
            switch self {
            case .auditMissing, .auditDoubled, .auditForeign: true
            case .noOrder, .staleRead, .lostWrite, .unanswered, .servedAfterRevocation, .oldVersion,
                .servedWithoutQuorum, .unopened, .twoLeaders, .policy, .leak, .undecided:
                false
            }
        }
    }

    package var kind: Kind
    /// For a person, with times since the beginning of the load and numbers of calls.
    package var text: String
    /// Numbers of the calls that it is about, in their order.
    package var calls: [Int]

    package init(_ kind: Kind, _ text: String, calls: [Int] = []) {
        self.kind = kind
        self.text = text
        self.calls = calls
    }
}

extension Finding.Kind {
    /// For measures that count findings.
    func count(in findings: [Finding]) -> Double { Double(findings.count { $0.kind == self }) }
}
