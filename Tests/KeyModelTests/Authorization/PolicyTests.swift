import KeyModel
import Testing

@Suite struct PolicyTests {
    @Test(
        "A star stands for one whole segment of a principal",
        arguments: [
            ("spiffe://d/workload/*", "spiffe://d/workload/api", true),
            ("spiffe://d/workload/*", "spiffe://d/workload/api/x", false),
            ("spiffe://d/workload/*", "spiffe://d/workload/", false),
            ("spiffe://d/workload/*", "spiffe://d/workload", false),
            ("spiffe://d/workload/*", "spiffe://e/workload/api", false),
            ("spiffe://d/ns/*/sa/*", "spiffe://d/ns/prod/sa/api", true),
            ("spiffe://d/ns/*/sa/*", "spiffe://d/ns/prod/xx/api", false),
            ("spiffe://d/operator/ann", "spiffe://d/operator/ann", true),
            ("spiffe://d/operator/ann", "spiffe://d/operator/anna", false),
            ("spiffe://d/operator/ann", "spiffe://d/operator/an", false),
            ("spiffe://d/*", "", false),
        ])
    func principals(pattern: String, principal: String, expected: Bool) throws {
        #expect(try PrincipalPattern(parsing: pattern).matches(principal) == expected)
    }

    @Test(
        "Patterns that are none are refused",
        arguments: [
            "", "*", "spiffe://", "spiffe://d", "spiffe://*/x", "spiffe://d/a*", "spiffe://d//x", "spiffe://d/x/",
            "http://d/x", "spiffe://d/ä",
        ])
    func badPrincipals(pattern: String) {
        #expect(throws: KMSError(.invalidRequest, "")) { try PrincipalPattern(parsing: pattern) }
    }

    @Test(
        "A star in a name stands for any run",
        arguments: [
            ("*", "x", true), ("orders-*", "orders-1", true), ("orders-*", "orders", false), ("*-prod", "a-prod", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false), ("abc", "abc", true), ("abc", "abcd", false), ("*a*a*a*", "aa", false),
            ("*a*a*a*", "aaa", true),
        ])
    func names(pattern: String, name: String, expected: Bool) throws {
        #expect(try NamePattern(parsing: pattern).matches(name) == expected)
    }

    static func statement(
        _ id: String, _ effect: PolicyStatement.Effect, _ principal: String, _ actions: String...,
        keys: KeySelector = .any,
        when conditions: [ContextCondition] = []
    ) throws -> PolicyStatement {
        try PolicyStatement(
            id: id, effect: effect, principals: [PrincipalPattern(parsing: principal)],
            actions: actions.map { try ActionSelector(parsing: $0) }, keys: keys, conditions: conditions)
    }

    static func policies() throws -> [Policy] {
        let acme = KeySelector(tenant: try TenantName("acme"))
        let secret = KeySelector(tags: [KeyTag(key: "class", value: "secret")])
        let orders = KeySelector(
            placement: try PlacementName("eu"), tenant: try TenantName("acme"),
            name: try NamePattern(parsing: "orders*"))
        return [
            Policy(
                name: "main",
                statements: [
                    try statement("api-uses", .allow, "spiffe://d/workload/api", "use", keys: acme),
                    try statement("admin-manages", .allow, "spiffe://d/operator/*", "manage", "read"),
                    try statement(
                        "batch", .allow, "spiffe://d/workload/batch", "decrypt", keys: orders,
                        when: [
                            ContextCondition(key: "job", test: .prefix("nightly-")),
                            ContextCondition(key: "run", test: .present),
                            ContextCondition(key: "zone", test: .equals("eu")),
                        ]),
                ]),
            Policy(
                name: "guard",
                statements: [try statement("no-secret", .forbid, "spiffe://d/workload/*", "decrypt", keys: secret)]),
        ]
    }

    static func request(
        _ principal: String, _ action: Action, _ name: String?, tags: [KeyTag] = [], context: [ContextEntry] = []
    ) throws
        -> AccessRequest
    {
        let target = try name.map { AccessTarget(try KeyName(parsing: $0), tags: tags) } ?? .cluster
        return AccessRequest(principal: "spiffe://d/" + principal, action: action, target: target, context: context)
    }

    static let nightly = [
        ContextEntry(key: "job", value: "nightly-7"), ContextEntry(key: "run", value: ""),
        ContextEntry(key: "zone", value: "eu"),
    ]
    static let secret = [KeyTag(key: "class", value: "secret")]

    @Test("Nothing is allowed without a statement, and a statement that forbids wins")
    func table() throws {
        let rows: [(AccessRequest, AccessDecision.Verdict, [String])] = [
            (try Self.request("workload/api", .encrypt, "eu/acme/orders"), .allowed, ["main/api-uses"]),
            (try Self.request("workload/api", .decrypt, "us/acme/orders"), .allowed, ["main/api-uses"]),
            (try Self.request("workload/api", .decrypt, "eu/other/orders"), .notAllowed, []),
            (try Self.request("workload/api", .rotateKey, "eu/acme/orders"), .notAllowed, []),
            (
                try Self.request("workload/api", .decrypt, "eu/acme/orders", tags: Self.secret), .forbidden,
                ["guard/no-secret"]
            ),
            (
                try Self.request("workload/api", .encrypt, "eu/acme/orders", tags: Self.secret), .allowed,
                ["main/api-uses"]
            ),
            (try Self.request("operator/ann", .rotateKey, "eu/acme/orders"), .allowed, ["main/admin-manages"]),
            (try Self.request("operator/ann", .encrypt, "eu/acme/orders"), .notAllowed, []),
            (try Self.request("operator/ann", .readCluster, nil), .allowed, ["main/admin-manages"]),
            (try Self.request("operator/ann", .applyTopology, nil), .notAllowed, []),
            (
                try Self.request("workload/batch", .decrypt, "eu/acme/orders-9", context: Self.nightly), .allowed,
                ["main/batch"]
            ),
            (
                try Self.request(
                    "workload/batch", .decrypt, "eu/acme/orders-9", context: Array(Self.nightly.dropLast())),
                .notAllowed, []
            ),
            (try Self.request("workload/batch", .decrypt, "eu/acme/invoices", context: Self.nightly), .notAllowed, []),
            (try Self.request("workload/batch", .decrypt, "us/acme/orders-9", context: Self.nightly), .notAllowed, []),
            (try Self.request("workload/batch", .decrypt, nil, context: Self.nightly), .notAllowed, []),
        ]
        let policies = try Self.policies()
        for (request, verdict, statements) in rows {
            let decision = PolicyEvaluator.decide(request, policies: policies)
            #expect(decision == AccessDecision(verdict: verdict, statements: statements), "\(request)")
        }
    }

    @Test("Compiled policies always agree with the plain evaluator", arguments: [1, 2, 3, 4] as [UInt64])
    func differential(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let principals = [
            "spiffe://d/workload/api", "spiffe://d/workload/*", "spiffe://d/operator/*", "spiffe://d/*/ann",
        ]
        let words = ActionGroup.allCases.map(\.rawValue) + Action.allCases.map(\.rawValue)
        var verdicts: [AccessDecision.Verdict] = []
        for _ in 0..<300 {
            let policies = try (0..<3).map { number in
                Policy(
                    name: "p\(number)",
                    statements: try (0..<4).map { id in
                        let keys = KeySelector(
                            tenant: random.flip() ? try TenantName(random.pick(["acme", "other"])) : nil,
                            name: random.flip() ? try NamePattern(parsing: random.pick(["*", "o*", "x"])) : nil,
                            tags: random.flip() ? [] : [KeyTag(key: "a", value: random.pick(["1", "2"]))])
                        return try Self.statement(
                            "s\(id)", random.pick([.allow, .allow, .forbid]), random.pick(principals),
                            random.pick(words), random.pick(words),
                            keys: keys,
                            when: random.flip()
                                ? [] : [ContextCondition(key: "k", test: .prefix(random.pick(["", "v"])))])
                    })
            }
            let compiled = CompiledPolicies(policies)
            for _ in 0..<10 {
                let request = try Self.request(
                    random.pick(["workload/api", "operator/ann"]), random.pick(Action.allCases),
                    random.flip() ? "eu/\(random.pick(["acme", "other"]))/\(random.pick(["orders", "x"]))" : nil,
                    tags: [KeyTag(key: "a", value: random.pick(["1", "2"]))],
                    context: random.flip() ? [] : [ContextEntry(key: "k", value: "v1")])
                let expected = PolicyEvaluator.decide(request, policies: policies)
                #expect(compiled.decide(request) == expected)
                verdicts.append(expected.verdict)
            }
        }
        #expect(verdicts.contains(.allowed) && verdicts.contains(.forbidden) && verdicts.contains(.notAllowed))
    }

    @Test("Managing does not include using, and no group includes both")
    func groups() {
        for group in ActionGroup.allCases where group != .use {
            #expect(!group.actions.contains(.encrypt) && !group.actions.contains(.decrypt))
        }
        for action in Action.allCases {
            #expect(ActionGroup.allCases.contains { $0.actions.contains(action) }, "\(action)")
        }
    }

    @Test("An explanation says which part did not match")
    func explain() throws {
        let request = try Self.request("workload/api", .decrypt, "eu/other/orders")
        let rows = CompiledPolicies(try Self.policies()).explain(request)
        let uses = try #require(rows.first { $0.statement == "main/api-uses" })
        #expect(uses.principalMatches && uses.actionMatches && !uses.keyMatches && uses.conditionsHold && !uses.applies)
        #expect(rows.count == 4)
    }

    @Test("Policies without bounds are refused")
    func bounds() throws {
        let fine = try Self.statement("s", .allow, "spiffe://d/x", "use")
        #expect(Policy(name: "p", statements: [fine]).problem == nil)
        #expect(Policy(name: "P", statements: [fine]).problem != nil)
        #expect(Policy(name: "p", statements: []).problem != nil)
        #expect(Policy(name: "p", statements: [fine, fine]).problem != nil)
        let many = try (0...Policy.mostStatements).map { try Self.statement("s\($0)", .allow, "spiffe://d/x", "use") }
        #expect(Policy(name: "p", statements: many).problem != nil)
        let nobody = PolicyStatement(id: "s", effect: .allow, principals: [], actions: [.group(.use)])
        #expect(Policy(name: "p", statements: [nobody]).problem != nil)
        #expect(throws: KMSError(.invalidRequest, "")) { try ActionSelector(parsing: "everything") }
    }
}

/// SplitMix64 (Steele et al., OOPSLA 2014).
struct SeededRandom {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func flip() -> Bool { next() & 1 == 0 }
    mutating func pick<T>(_ list: [T]) -> T { list[Int(next() % UInt64(list.count))] }
}
