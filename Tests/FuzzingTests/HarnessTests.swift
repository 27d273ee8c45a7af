import Adversary
import Fuzzing
import Testing
import YAMLGuard

/// The harness itself: a check that finds nothing must be known to find something.
@Suite struct HarnessTests {
    private func decoder(isCanonical: Bool = true, _ decode: @escaping @Sendable ([UInt8]) throws -> [UInt8]?)
        -> FuzzedDecoder
    {
        FuzzedDecoder(
            "sample", from: "a test", isCanonical: isCanonical, seeds: { [[1, 2, 3]] }, decode: decode, encode: { $0 })
    }

    @Test("A refusal and a faithful decoder are good")
    func good() throws {
        #expect(try decoder { $0 }.examine([1]) == .accepted)
        #expect(try decoder { _ in nil }.examine([1]) == .refused)
        #expect(try decoder { _ in throw CancellationError() }.examine([1]) == .refused)
    }

    @Test("Two encodings of one value are found where the format is canonical")
    func canonical() throws {
        let lenient = decoder { $0.filter { $0 != 0 } }
        #expect(try lenient.examine([1, 2]) == .accepted)
        #expect(throws: FuzzFinding.self) { try lenient.examine([1, 0, 2]) }
        #expect(try decoder(isCanonical: false) { $0.filter { $0 != 0 } }.examine([1, 0, 2]) == .accepted)
    }

    @Test("A value that does not come back is found")
    func roundTrip() throws {
        #expect(throws: FuzzFinding.self) { try decoder(isCanonical: false) { $0 + [7] }.examine([1]) }
        let picky = decoder(isCanonical: false) { $0.count == 2 ? Array($0.dropLast()) : nil }
        #expect(throws: FuzzFinding.self) { try picky.examine([1, 2]) }
    }

    @Test("A long word that is repeated thousands of times makes no text beyond the limit")
    func longWords() {
        let limit = 16_384
        let texts = TextMutator(samples: [])
        var chance = Chance(seed: 1)
        let word = [UInt8](repeating: 0x61, count: limit)
        for _ in 0..<300 {
            #expect(texts.variation(of: word, and: word, limit: limit, &chance).count <= limit)
        }
    }

    @Test("A burst finds a rare mistake, and says with which input")
    func burst() throws {
        let mistaken = decoder { $0.count > 3 && $0[1] == 2 ? $0 + [0] : $0 }
        let failure = try #require(throws: FuzzFailure.self) { try FuzzBurst.run(mistaken, seed: 3, count: 5000) }
        #expect(failure.input.count > 3 && failure.input[1] == 2)
        #expect(throws: FuzzFinding.self) { try mistaken.examine(failure.input) }
    }

    @Test("A burst is the same for the same seed")
    func repeated() throws {
        let odd = decoder { $0.count % 2 == 1 ? $0 : nil }
        let counts = try (0..<2).map { _ in try FuzzBurst.run(odd, seed: 9, count: 500) }
        #expect(counts[0] == counts[1])
        #expect(counts[0].count == 2)
    }

    @Test("Every decoder has a name of its own")
    func names() {
        #expect(Set(FuzzedDecoder.all.map(\.name)).count == FuzzedDecoder.all.count)
        #expect(FuzzedDecoder.named("peer-frame") != nil)
        #expect(FuzzedDecoder.named("none") == nil)
    }

    @Test(
        "YAML that grows or is too deep is refused before a tree is made of it",
        arguments: [
            ("a: &a [1]\nb: *a", true), ("a: &a 1\n<<: *a", true), ("a: \"*a\"\nb: '&c *d'", false),
            ("a: x*y\nb: k8s*", false), ("a: &unused 1", false), (": : :", false), ("", false),
            (String(repeating: "[", count: 32) + String(repeating: "]", count: 32), false),
            (String(repeating: "[", count: 33) + String(repeating: "]", count: 33), true),
            (String(repeating: "[", count: 900) + String(repeating: "]", count: 900), true),
            (String(repeating: "- ", count: 33), true),
        ])
    func yaml(text: String, isRefused: Bool) {
        #expect((YAMLForm.problem(in: text) != nil) == isRefused)
    }
}
