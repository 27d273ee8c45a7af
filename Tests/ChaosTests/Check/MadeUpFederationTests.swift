import Chaos
import KeyModel
import Testing

@Suite("Long histories of a key") struct MadeUpFederationTests {
    private func kinds(_ record: RunRecord) -> [Finding.Kind] {
        Judgement(of: record, staleness: ["eu": .seconds(10)]).findings.map(\.kind)
    }

    @Test("What a right federation says has an order", arguments: 1...12 as ClosedRange<UInt64>)
    func rightHistories(seed: UInt64) {
        let history = MadeUpFederation(seed: seed).history
        #expect(history.record.calls.count > 200)
        let judgement = Judgement(of: history.record, staleness: ["eu": .seconds(10)])
        #expect(judgement.findings.isEmpty, "\(judgement.findings.map(\.text).joined(separator: "\n"))")
    }

    /// The generation that one confirmed read was shown is taken for the one before: nothing else is wrong.
    @Test("One stale answer among hundreds is noticed", arguments: 1...12 as ClosedRange<UInt64>)
    func staleAnswers(seed: UInt64) throws {
        var record = MadeUpFederation(seed: seed).history.record
        var generator = SplitMix(state: seed)
        let candidates = record.calls.indices.filter { index in
            let call = record.calls[index]
            guard call.request == .describe(isConfirmed: true), case .done(.key(let facts)) = call.outcome else {
                return false
            }
            // Somebody was shown as much before the read began.
            return record.calls.contains { other in
                guard case .done(.key(let known)) = other.outcome, let end = other.end else { return false }
                return end < call.start && known.generation == facts.generation && other.isWrite
            }
        }
        let index = try #require(candidates.randomElement(using: &generator))
        guard case .done(.key(let facts)) = record.calls[index].outcome else { return }
        let earlier = record.calls.lazy.compactMap { call -> ChaosCall.KeyFacts? in
            if case .done(.key(let known)) = call.outcome, known.generation < facts.generation { known } else { nil }
        }.max { $0.generation < $1.generation }
        record.calls[index].outcome = .done(.key(try #require(earlier)))
        #expect(kinds(record) == [.noOrder])
    }

    @Test("One acknowledged change that was forgotten is noticed", arguments: 1...12 as ClosedRange<UInt64>)
    func forgottenChanges(seed: UInt64) throws {
        var record = MadeUpFederation(seed: seed).history.record
        let last = record.calls.count / 2
        // Of all answers that show them, the tags are those from before.
        let call = try #require(
            record.calls[last...].first { call in
                if case .setTags = call.request { call.isDone } else { false }
            })
        guard case .setTags(let tags) = call.request else { return }
        for index in record.calls.indices where index != call.number {
            guard case .done(.key(var facts)) = record.calls[index].outcome, facts.tags == tags else { continue }
            facts.tags = ["by": "forgotten"]
            record.calls[index].outcome = .done(.key(facts))
        }
        let isShown = record.calls.contains { other in
            guard case .done(.key(let facts)) = other.outcome else { return false }
            return facts.tags == ["by": "forgotten"]
        }
        #expect(kinds(record) == (isShown ? [.noOrder] : []))
    }
}
