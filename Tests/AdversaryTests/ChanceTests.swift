import Adversary
import Testing

@Suite("Chance")
struct ChanceTests {
    @Test("The same seed gives the same numbers, another one others")
    func seed() {
        var (first, second, other) = (Chance(seed: 7), Chance(seed: 7), Chance(seed: 8))
        let numbers = (0..<100).map { _ in first.next() }
        #expect(numbers == (0..<100).map { _ in second.next() })
        #expect(numbers != (0..<100).map { _ in other.next() })
        #expect(Set(numbers).count == 100)
    }
}
