import Testing
import Topology

@Suite("Where material is, judged")
struct PlacementVerdictTests {
    private typealias Evidence = PlacementEvidence

    private static let regions = [
        FederationTopology.Region(name: "eu-west", cloud: "aws", jurisdictions: ["EU"]),
        FederationTopology.Region(name: "eu-north", cloud: "azure", jurisdictions: ["EU"]),
        FederationTopology.Region(name: "eu-base", cloud: "aws", jurisdictions: ["EU", "US"]),
        FederationTopology.Region(name: "us-east", cloud: "aws", jurisdictions: ["US"]),
    ]

    private static func holding(_ placement: String, groups: [UInt64] = [2], epochs: [UInt32] = [1]) -> Evidence.Holding
    {
        Evidence.Holding(placement: placement, groups: groups, epochs: epochs)
    }

    private static func node(
        _ name: String, certified: String? = nil, answering: String? = nil, _ holdings: [Evidence.Holding]
    ) -> Evidence.Node {
        Evidence.Node(
            name: name, region: name,
            answer: Evidence.Answer(node: answering ?? name, certifiedRegion: certified ?? name, holdings: holdings))
    }

    private static func verdict(_ nodes: [Evidence.Node], holders: [String] = ["eu-west", "eu-north"])
        -> PlacementVerdict
    {
        PlacementVerdict(
            Evidence(
                regions: regions, rules: [.init(placement: "eu", jurisdictions: ["EU"], holders: holders)], nodes: nodes
            ))
    }

    @Test("Holders inside and others with nothing are clean")
    func clean() {
        let verdict = Self.verdict([
            Self.node("eu-west", [Self.holding("eu")]), Self.node("eu-north", [Self.holding("eu")]),
            Self.node("us-east", []),
        ])
        #expect(verdict.isClean(allowingGaps: false))
        #expect(verdict.rows.map(\.node) == ["eu-west", "eu-north"])
        #expect(verdict.rows.allSatisfy { $0.standing == .holder })
    }

    @Test(
        "A node outside that holds anything is a violation",
        arguments: [
            holding("eu"), holding("eu", groups: [], epochs: [7]), holding("eu", groups: [], epochs: []),
        ])
    func outside(_ holding: PlacementEvidence.Holding) {
        let verdict = Self.verdict([Self.node("eu-west", [Self.holding("eu")]), Self.node("us-east", [holding])])
        #expect(!verdict.isClean(allowingGaps: true))
        #expect(verdict.rows.last?.standing == .outside)
        #expect(verdict.violations.count == 1)
    }

    @Test("A region that a foreign jurisdiction can lay hands on is outside")
    func doubt() {
        let verdict = Self.verdict([Self.node("eu-base", [Self.holding("eu")])])
        #expect(verdict.rows.first?.standing == .outside)
    }

    @Test("A certificate of another region than the directory's is a violation, and the certificate counts")
    func certificate() {
        let verdict = Self.verdict([Self.node("eu-west", certified: "us-east", [Self.holding("eu")])])
        #expect(verdict.violations.count == 2)
        #expect(verdict.rows.first?.standing == .outside)
        #expect(verdict.rows.first?.region == "us-east")
    }

    @Test("A certified region that nobody knows is outside of everything")
    func unknownRegion() {
        let verdict = Self.verdict([Self.node("eu-west", certified: "atlantis", [Self.holding("eu")])])
        #expect(verdict.rows.first?.standing == .outside)
        #expect(!verdict.isClean(allowingGaps: true))
    }

    @Test("A node that does not answer is a gap, which is clean only if gaps are allowed")
    func silence() {
        let silent = Evidence.Node(name: "eu-north", region: "eu-north", answer: nil, silence: "unreachable")
        let verdict = Self.verdict([Self.node("eu-west", [Self.holding("eu")]), silent])
        #expect(verdict.gaps.count == 1)
        #expect(verdict.rows.last?.standing == .silent)
        #expect(!verdict.isClean(allowingGaps: false))
        #expect(verdict.isClean(allowingGaps: true))
    }

    @Test("Another node's answer, and a placement that nobody knows, are violations")
    func strangers() {
        #expect(!Self.verdict([Self.node("eu-west", answering: "us-east", [])]).isClean(allowingGaps: true))
        #expect(!Self.verdict([Self.node("eu-west", [Self.holding("moon")])]).isClean(allowingGaps: true))
    }

    @Test("A listed holder outside is a violation before it holds anything")
    func listedOutside() {
        let verdict = Self.verdict([Self.node("us-east", [])], holders: ["us-east"])
        #expect(verdict.rows.first?.standing == .outside)
        #expect(!verdict.isClean(allowingGaps: true))
    }

    @Test("A replica inside that is not listed, and a holder without material, are shown and clean")
    func comingAndGoing() {
        let verdict = Self.verdict(
            [Self.node("eu-west", [Self.holding("eu")]), Self.node("eu-north", [])], holders: ["eu-north"])
        #expect(verdict.rows.map(\.standing) == [.inside, .empty])
        #expect(verdict.isClean(allowingGaps: false))
    }
}
