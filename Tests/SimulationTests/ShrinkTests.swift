import Raft
import Simulation
import Testing

@Suite("Shrinking of failures")
struct ShrinkTests {
    private static let faults = Array(1...200)

    @Test(
        "Finds exactly the planted faults",
        arguments: [[], [1], [200], [7, 150], [1, 2, 3], [10, 60, 61, 199], Array(50...80)])
    func planted(culprits: [Int]) throws {
        let shrinker = FailureShrinker(budget: 5_000)
        let shrunk = try #require(
            shrinker.shrink(Self.faults) { kept in culprits.allSatisfy(kept.contains) })
        #expect(shrunk.choices == culprits)
        #expect(shrunk.isMinimal)
        #expect(shrunk.runs < 5_000)
    }

    @Test("A lone culprit among 1,000 takes about as many runs as a bisection")
    func lone() throws {
        let shrunk = try #require(FailureShrinker(budget: 100).shrink(Array(0..<1000)) { $0.contains(613) })
        #expect(shrunk.choices == [613])
        #expect(shrunk.runs < 30)
    }

    @Test("What does not fail is not shrunk")
    func passing() {
        #expect(FailureShrinker(budget: 10).shrink(Self.faults) { _ in false } == nil)
        #expect(FailureShrinker(budget: 10).shrink(steps: 10) { _ in false } == nil)
        #expect(FailureShrinker(budget: 0).shrink(Self.faults) { _ in true } == nil)
    }

    @Test("Either of two causes is enough, and one is left")
    func alternatives() throws {
        let shrunk = try #require(
            FailureShrinker(budget: 1000).shrink(Self.faults) { kept in
                kept.contains(90) || (kept.contains(3) && kept.contains(4))
            })
        #expect(shrunk.choices == [90] || shrunk.choices == [3, 4])
        #expect(shrunk.isMinimal)
    }

    @Test("Every result is one that failed and that loses its failure with each choice, whatever the condition")
    func arbitraryConditions() throws {
        var generator = Randomness(seed: 2)
        for _ in 0..<200 {
            let salt = generator.next()
            // A condition without any structure; the whole always fails.
            func fails(_ kept: [Int]) -> Bool {
                var mixer = Randomness(seed: kept.reduce(salt) { $0 &* 31 &+ UInt64($1) })
                return kept.count == 24 || mixer.draw(below: 4) == 0
            }
            let shrunk = try #require(FailureShrinker(budget: 100_000).shrink(Array(1...24), fails: fails))
            #expect(fails(shrunk.choices))
            try #require(shrunk.isMinimal)
            for place in shrunk.choices.indices {
                var fewer = shrunk.choices
                fewer.remove(at: place)
                #expect(!fails(fewer))
            }
        }
    }

    @Test("A spent budget gives the smallest run seen and does not claim more", arguments: [1, 2, 5, 20])
    func budget(runs: Int) throws {
        let culprits = Array(50...80)
        var count = 0
        let shrunk = try #require(
            FailureShrinker(budget: runs).shrink(Self.faults) { kept in
                count += 1
                return culprits.allSatisfy(kept.contains)
            })
        #expect(count == runs)
        #expect(shrunk.runs == runs)
        #expect(!shrunk.isMinimal)
        #expect(culprits.allSatisfy(shrunk.choices.contains))
    }

    @Test("No run is repeated")
    func repetition() {
        var seen: Set<[Int]> = []
        var isRepeated = false
        _ = FailureShrinker(budget: 10_000).shrink(Array(1...40)) { kept in
            if !seen.insert(kept).inserted { isRepeated = true }
            return [3, 17, 18, 39].allSatisfy(kept.contains)
        }
        #expect(!isRepeated)
    }

    @Test("Steps are bisected to the first that fails", arguments: [0, 1, 2, 499_999, 700_000, 1_000_000])
    func bisection(first: Int) throws {
        let shrunk = try #require(FailureShrinker(budget: 64).shrink(steps: 1_000_000) { $0 >= first })
        #expect(shrunk.steps == first)
        #expect(shrunk.isMinimal)
        #expect(shrunk.runs <= 42)
    }

    @Test("Faults and steps are shrunk in turn")
    func both() throws {
        // Without fault 5 it fails late, and then faults 8 and 9 are needed.
        let shrunk = try #require(
            FailureShrinker(budget: 1000).shrink(Array(1...20), steps: 10_000) { kept, steps in
                kept.contains(8) && kept.contains(9) && steps >= (kept.contains(5) ? 400 : 9_000)
                    || kept.contains(5) && steps >= 9_999
            })
        #expect(shrunk.choices == [5, 8, 9])
        #expect(shrunk.steps == 400)
        #expect(shrunk.isMinimal)
    }

    @Test("The same input gives the same runs in the same order")
    func determinism() {
        func runs() -> [[Int]] {
            var runs: [[Int]] = []
            _ = FailureShrinker(budget: 1000).shrink(Self.faults) { kept in
                runs.append(kept)
                return [33, 66, 99].allSatisfy(kept.contains)
            }
            return runs
        }
        #expect(runs() == runs())
    }

    @Test("An error of a run ends the search")
    func errors() {
        struct Broken: Error {}
        #expect(throws: Broken.self) {
            try FailureShrinker(budget: 10).shrink([1, 2, 3]) { kept in
                if kept.count < 3 { throw Broken() }
                return true
            }
        }
    }
}
