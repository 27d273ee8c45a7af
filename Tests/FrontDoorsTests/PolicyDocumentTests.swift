import FrontDoors
import KeyModel
import Testing

@Suite("Policy documents")
struct PolicyDocumentTests {
    static let full = """
        statements:
          - id: clusters
            effect: allow
            principals: ["spiffe://example.org/workload/*", "spiffe://example.org/operator/ann"]
            actions: [use, describeKey]
            keys: {placement: eu, tenant: acme, name: "k8s*", tags: {team: platform, tier: gold}}
            when:
              - {key: purpose, equals: backup}
              - {key: host, prefix: "db-"}
              - {key: run, present: true}
          - id: never
            effect: forbid
            principals: ["spiffe://example.org/workload/eve"]
            actions: [decrypt]
        """

    @Test("What is read is what is written, and the text of it is read as the same")
    func roundTrip() throws {
        let policy = try PolicyDocument.parse(Self.full, name: "shop")
        #expect(
            policy.statements.map(\.id) == ["clusters", "never"]
                && policy.statements.map(\.effect) == [.allow, .forbid])
        let first = policy.statements[0]
        #expect(first.actions == [.group(.use), .action(.describeKey)] && first.principals.count == 2)
        #expect(first.keys.tags == [KeyTag(key: "team", value: "platform"), KeyTag(key: "tier", value: "gold")])
        #expect(
            first.conditions == [
                ContextCondition(key: "purpose", test: .equals("backup")),
                ContextCondition(key: "host", test: .prefix("db-")),
                ContextCondition(key: "run", test: .present),
            ])
        #expect(policy.statements[1].keys == .any)
        let again = try PolicyDocument.parse(PolicyDocument.text(of: policy), name: "shop")
        #expect(again.statements == policy.statements)
    }

    @Test("A policy is shown as it was written, unless the text is too long to be kept or does not say what is stored")
    func shown() throws {
        let written = "# Who may\n\n" + Self.full.replacing("effect: forbid", with: "effect: forbid  # for ever")
        var policy = try PolicyDocument.parse(written, name: "shop")
        #expect(PolicyDocument.shown(policy) == written)

        policy.document = policy.document.replacing("[decrypt]", with: "[encrypt]")
        #expect(PolicyDocument.shown(policy) == PolicyDocument.text(of: policy))
        policy.document = ""
        #expect(PolicyDocument.shown(policy) == PolicyDocument.text(of: policy))

        let long = written + String(repeating: "#", count: Policy.mostDocumentBytes)
        let kept = try PolicyDocument.parse(long, name: "shop")
        #expect(kept.document.isEmpty && kept.statements == policy.statements)
        #expect(PolicyDocument.shown(kept) == PolicyDocument.text(of: policy))
        policy.document = long
        #expect(policy.problem?.contains("more than 24576 bytes") == true)
    }

    @Test("JSON is read as well")
    func json() throws {
        let text =
            #"{"statements": [{"id": "a", "effect": "allow", "principals": ["spiffe://e.org/w"], "actions": ["use"]}]}"#
        #expect(try PolicyDocument.parse(text, name: "shop").statements.count == 1)
    }

    static func statement(_ change: (old: String, new: String)) -> String {
        "statements: [{id: a, effect: allow, principals: [\"spiffe://e.org/w\"], actions: [use]}]"
            .replacing(change.old, with: change.new)
    }

    static let refusals: [(text: String, says: String)] = [
        ("", "the policy"), ("statements: [", "not valid YAML"), ("- 1", "the policy"), ("statements: 5", "statements"),
        ("statements: []", "1 to 64 statements"), ("{}", "lacks statements"),
        (statement(("id: a, ", "")), "lacks id"), (statement(("effect: allow, ", "")), "lacks effect"),
        (statement(("effect: allow", "effect: maybe")), "allow or forbid"),
        (statement(("id: a", "id: \"A b\"")), "the id must be"),
        (statement(("[use]", "[fly]")), "an action is one of"), (statement(("[use]", "[]")), "at least one action"),
        (statement(("[use]", "use")), "wrong kind"),
        (statement(("[\"spiffe://e.org/w\"]", "[]")), "principals are needed"),
        (statement(("spiffe://e.org/w", "ann")), "a principal is spiffe://"),
        (statement(("spiffe://e.org/w", "spiffe://e.org/w*")), "a lone '*'"),
        (statement(("[use]", "[use], keys: {placement: \"E U\"}")), "placement"),
        (statement(("[use]", "[use], when: [{key: a}]")), "one of equals, prefix and present"),
        (statement(("[use]", "[use], when: [{key: a, equals: b, prefix: c}]")), "one of equals, prefix and present"),
        (String(repeating: "#", count: 70_000), "at most 65536 bytes"),
    ]

    @Test("What is wrong is said in one clear sentence", arguments: refusals)
    func refusal(text: String, says: String) throws {
        let error = #expect(throws: KMSError.self) { try PolicyDocument.parse(text, name: "shop") }
        let message = try #require(error?.message)
        #expect(error?.code == .invalidRequest)
        #expect(message.contains(says), "\(message)")
        #expect(!message.contains("\n") && message.utf8.count <= 400)
    }
}
