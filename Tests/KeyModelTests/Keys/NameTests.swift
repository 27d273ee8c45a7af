import KeyModel
import Testing

@Suite struct NameTests {
    @Test(
        "Legal key names are read and printed alike",
        arguments: ["eu/acme/orders", "a/b/c", "eu-1/x9/a.b_c-d", "1/2/3"])
    func legal(text: String) throws {
        #expect(try KeyName(parsing: text).description == text)
    }

    @Test(
        "Illegal key names are refused",
        arguments: [
            "", "eu", "eu/acme", "eu/acme/", "/acme/orders", "eu//orders", "eu/acme/orders/x", "EU/acme/orders",
            "eu/acme/-x", "eu/acme/x-",
            "eu/acme/.x", "eu/a.b/x", "eu/acme/ä", "eu/acme/x y", "eu/acme/\u{0}", "-eu/acme/x", "eu/acme/\u{212a}",
            "eu/acme/" + String(repeating: "x", count: 129), String(repeating: "x", count: 64) + "/acme/x",
            String(repeating: "/", count: 100_000),
        ])
    func illegal(text: String) {
        #expect(throws: KMSError(.invalidRequest, "")) { try KeyName(parsing: text) }
    }

    @Test("The longest names are legal")
    func longest() throws {
        let part = String(repeating: "a", count: 63)
        #expect(throws: Never.self) { try KeyName(parsing: "\(part)/\(part)/\(String(repeating: "b", count: 128))") }
    }

    @Test("Names are ordered by their parts")
    func order() throws {
        let texts = ["b/a/a", "a/b/a", "a/a/b", "a-b/a/a", "a/a/a"]
        let sorted = try texts.map { try KeyName(parsing: $0) }.sorted().map(\.description)
        #expect(sorted == ["a/a/a", "a/a/b", "a/b/a", "a-b/a/a", "b/a/a"])
    }

    @Test("A key id is 16 bytes and 32 digits, both ways")
    func keyID() throws {
        let bytes = (0..<16).map { UInt8($0 * 16 + 1) }
        let id = try #require(KeyID(bytes))
        #expect(id.bytes == bytes)
        #expect(id.description == "011121314151617181" + "91a1b1c1d1e1f1")
        #expect(KeyID(hexadecimal: id.description) == id)
        #expect(KeyID([1, 2, 3]) == nil)
        #expect(KeyID(hexadecimal: String(repeating: "g", count: 32)) == nil)
    }

    @Test("A Kelvin sign is no K: jurisdictions are compared as bytes")
    func kelvin() {
        #expect(!Jurisdictions.all(["U\u{212a}"], in: ["UK"]))
        #expect(!NameRules.isJurisdiction("U\u{212a}"))
        #expect(NameRules.isJurisdiction("UK"))
    }

    @Test("A wrap prints its size and never its bytes")
    func wrapPrintsNoBytes() {
        let wrap = WrappedKeyMaterial(bytes: [0xab, 0xcd, 0xef], wrapping: .epoch(EpochNumber(7)))
        #expect("\(wrap)".contains("3 wrapped bytes"))
        #expect(!"\(wrap)".contains("171") && !"\(wrap)".contains("205"))
    }
}
