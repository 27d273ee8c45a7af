import Foundation
import Fuzzing
import Testing

/// Every input that is kept, and a few thousand that are the same each time. `make fuzz` tries the rest.
@Suite struct CorpusTests {
    static let corpus: Corpus = {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return Corpus(directory: here.appendingPathComponent("Corpus").path)
    }()

    static let names = FuzzedDecoder.all.map(\.name)

    private func decoder(_ name: String) throws -> FuzzedDecoder { try #require(FuzzedDecoder.named(name)) }

    @Test("Every decoder keeps its promises on every kept input", arguments: names)
    func kept(name: String) throws {
        let decoder = try decoder(name)
        let samples = try Self.corpus.samples(of: decoder)
        #expect(!samples.isEmpty)
        for sample in samples {
            let started = ContinuousClock.now
            #expect(throws: Never.self, "\(sample.path)") { try decoder.examine(sample.bytes) }
            let spent = ContinuousClock.now - started
            #expect(spent < .seconds(5), "\(sample.path) took \(spent)")
        }
    }

    @Test("What encoders write today is what the corpus has, and is accepted", arguments: names)
    func seeds(name: String) throws {
        let decoder = try decoder(name)
        let samples = try Self.corpus.samples(of: decoder)
        for (position, seed) in try decoder.seeds().enumerated() where decoder.hasFixedSeeds {
            let kept = samples.first { $0.path.hasSuffix("/" + Corpus.seedName(position)) }
            #expect(kept?.bytes == seed, "`claviger-fuzz seeds` writes another seed \(position) of \(name)")
        }
        for sample in samples where sample.path.contains("/seed-") {
            let verdict = try decoder.examine(sample.bytes)
            #expect(verdict == .accepted || Self.refusedSeeds.contains("\(name)/\(Self.file(sample))"))
        }
    }

    /// Seeds that show a refusal.
    private static let refusedSeeds: Set<String> = [
        "grpc-body/seed-02", "grpc-head/seed-01", "consistency-token/seed-01",
    ]

    private static func file(_ sample: Corpus.Sample) -> String {
        URL(fileURLWithPath: sample.path).lastPathComponent
    }

    @Test("Variations of the seeds, the same every time, break no promise", arguments: names)
    func burst(name: String) throws {
        let verdicts = try FuzzBurst.run(decoder(name), seed: 1, count: 1000)
        #expect(verdicts.values.reduce(0, +) == 1000)
        // Were every variation refused at the first byte, the burst would show nothing.
        #expect(verdicts[.refused, default: 0] > 0)
    }

    @Test("The corpus is small and holds nothing but inputs of decoders")
    func size() throws {
        #expect(try Self.corpus.strangers() == [])
        let bytes = try FuzzedDecoder.all.reduce(0) { total, decoder in
            try Self.corpus.samples(of: decoder).reduce(total) { $0 + $1.bytes.count }
        }
        #expect(bytes < 200 << 10)
    }
}
