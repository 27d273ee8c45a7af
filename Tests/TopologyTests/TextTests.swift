import Testing
import Topology

@Suite("Durations, digits and names as texts")
struct TextTests {
    @Test(
        "Durations are read",
        arguments: [
            ("0s", Duration.zero), ("250ms", .milliseconds(250)), ("10s", .seconds(10)), ("5m", .seconds(300)),
            ("24h", .seconds(86400)),
        ])
    func duration(_ text: String, _ duration: Duration) { #expect(DurationText.parse(text) == duration) }

    @Test(
        "What is no duration is refused",
        arguments: [
            "", "5", "s", "-5s", "+5s", "5 s", "1.5s", "5S", "5d", "5sm", "9223372036854775807h",
            "99999999999999999999s", "٥s",
        ])
    func noDuration(_ text: String) { #expect(DurationText.parse(text) == nil) }

    @Test(
        "Durations are written in the largest unit that fits", arguments: ["1ms", "250ms", "90s", "5m", "24h", "0ms"])
    func described(_ text: String) throws {
        let duration = try #require(DurationText.parse(text))
        #expect(DurationText.describe(duration) == text)
    }

    @Test("Hexadecimal digits go there and back")
    func hexadecimal() {
        #expect(Hexadecimal.encode([0x00, 0x7f, 0xff]) == "007fff")
        #expect(Hexadecimal.decode("007FfF") == [0x00, 0x7f, 0xff])
        #expect(Hexadecimal.decode("0") == nil)
        #expect(Hexadecimal.decode("0g") == nil)
    }

    @Test(
        "Names",
        arguments: [
            ("a", true), ("eu-west", true), ("9", true), ("", false), ("-a", false), ("a-", false), ("A", false),
            ("é", false),
            (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false), ("a.b", false),
        ])
    func name(_ text: String, _ isName: Bool) { #expect(NameRule.isName(text) == isName) }

    @Test(
        "A SPIFFE ID reads and prints the same",
        arguments: [
            "spiffe://claviger.local", "spiffe://claviger.local/operator/admin", "spiffe://d/region/r/node/n",
            "spiffe://d/A.b_c-1",
        ])
    func spiffe(_ uri: String) throws { #expect(try SPIFFEID(uri).uri == uri) }

    @Test(
        "What is no SPIFFE ID is refused",
        arguments: [
            "", "spiffe://", "SPIFFE://d/a", "spiffe:///a", "spiffe://d/", "spiffe://d//a", "spiffe://d/../a",
            "spiffe://d/./a",
            "spiffe://D/a", "spiffe://d:1/a", "spiffe://u@d/a", "spiffe://d/a?b", "spiffe://d/a#b", "spiffe://d/a%20",
            "spiffe://d/é", "spiffe://d/" + String(repeating: "a", count: 2048),
        ])
    func noSpiffe(_ uri: String) { #expect(throws: TopologyError.self) { try SPIFFEID(uri) } }

    @Test("Only the identity of a node has a node's name")
    func nodeName() throws {
        #expect(SPIFFEID.node(trustDomain: "d", region: "r", name: "n").nodeName == "n")
        #expect(try SPIFFEID("spiffe://d/operator/a").nodeName == nil)
        #expect(try SPIFFEID("spiffe://d/region/r/node/n/x").nodeName == nil)
    }
}
