import Foundation
import Glibc
import Testing
import Topology

@Suite("The search for canaries")
struct CanarySearchTests {
    private static func pattern(_ text: String) throws -> CanarySearch.Pattern {
        try #require(CanarySearch.Pattern(label: text, bytes: Array(text.utf8)))
    }

    private static func offsets(_ patterns: [String], in text: String) throws -> [Int] {
        let search = CanarySearch(patterns: try patterns.map(pattern))
        return Array(text.utf8).withUnsafeBytes { search.hits(in: $0).map(\.offset) }
    }

    @Test("Every place is found, overlapping ones too")
    func places() throws {
        #expect(try Self.offsets(["abab", "babx"], in: "abababx") == [0, 2, 3])
        #expect(try Self.offsets(["needle"], in: "needl") == [])
        #expect(try Self.offsets(["needle"], in: "a needle") == [2])
        #expect(try Self.offsets(["needle"], in: "") == [])
    }

    @Test("What is too short to mean anything is no pattern")
    func short() { #expect(CanarySearch.Pattern(label: "abc", bytes: [1, 2, 3]) == nil) }

    @Test("A secret is looked for raw, in hexadecimal and in base64")
    func forms() {
        let texts = CanarySearch.patterns(label: "x", secret: [0xfb, 0xff, 0x00, 0x10, 0xab]).map {
            String(decoding: $0.bytes, as: UTF8.self)
        }
        #expect(texts.count == 5)
        #expect(texts[1] == "fbff0010ab")
        #expect(texts[2] == "FBFF0010AB")
        #expect(texts[3] == "+/8AEK")
        #expect(texts[4] == "-_8AEK")
    }

    @Test("In base64 a secret is found wherever it stands in something longer", arguments: 0..<5)
    func base64Within(before: Int) throws {
        let secret = (0..<16).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
        let longer = [UInt8](repeating: 0xA5, count: before) + secret + [0x5A, 0x5A]
        let text = Data(longer).base64EncodedString()
        let search = CanarySearch(patterns: CanarySearch.patterns(label: "x", secret: secret))
        #expect(Array(text.utf8).withUnsafeBytes { search.hits(in: $0).count } > 0)
        let other = Data([UInt8](repeating: 0xA5, count: before) + secret.reversed()).base64EncodedString()
        #expect(Array(other.utf8).withUnsafeBytes { search.hits(in: $0).count } == 0)
    }

    @Test("Files of a tree are searched across the borders of pieces, each place once, and names count")
    func tree() throws {
        let scratch = try ScratchDirectory()
        try PrivateFile.makeDirectory("\(scratch.path)/a/canary-name")
        let border = (1 << 20) - 3
        let text = String(repeating: ".", count: border) + "canary-text" + String(repeating: ".", count: 2 << 20)
        try PrivateFile.write(text, to: "\(scratch.path)/a/large")
        try PrivateFile.write("nothing", to: "\(scratch.path)/a/small")
        let search = CanarySearch(patterns: [try Self.pattern("canary-text"), try Self.pattern("canary-name")])
        var findings = CanaryFindings()
        try search.search(scratch.path, into: &findings)
        #expect(findings.files == 2)
        #expect(findings.bytes == text.utf8.count + 7)
        #expect(findings.hits.map(\.offset) == [nil, border])
        #expect(findings.hits.map(\.label) == ["canary-name", "canary-text"])
    }

    @Test("A tree that is not there is clean")
    func absent() throws {
        var findings = CanaryFindings()
        try CanarySearch(patterns: []).search("/nonexistent/claviger", into: &findings)
        #expect(findings == CanaryFindings())
    }
}
