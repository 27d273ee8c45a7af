import Chaos
import ClientAPI
import Foundation
import KeyModel
import Testing

@Suite struct KeyFactsTests {
    private func version(_ number: UInt32, _ state: Claviger_V1_KeyState) -> Claviger_V1_KeyVersion {
        var version = Claviger_V1_KeyVersion()
        version.number = number
        version.state = state
        version.destroyAfter = 99
        return version
    }

    private func key(_ versions: [Claviger_V1_KeyVersion]) -> Claviger_V1_Key {
        var key = Claviger_V1_Key()
        key.id = Data(0..<16)
        key.generation = 7
        key.primaryVersion = 2
        key.enabled = true
        key.tags = ["a": "b"]
        key.versions = versions
        return key
    }

    @Test func `a key's message is read back as its state`() throws {
        let message = key([
            version(2, .active), version(1, .deactivated), version(3, .pending), version(4, .disabled),
            version(5, .pendingDestruction), version(6, .destroyed),
        ])
        let facts = try #require(ChaosCall.KeyFacts(message))
        #expect(facts.id == KeyID(Array(0..<16)))
        #expect(facts.generation == 7 && facts.primary == 2 && facts.isEnabled && facts.tags == ["a": "b"])
        #expect(
            facts.versions == [
                .deactivated, .active, .preActive, .suspended, .pendingDestruction(deadline: 99, compromised: false),
                .destroyed,
            ])
    }

    @Test func `what cannot be a key's is no answer`() {
        var short = key([version(1, .active)])
        short.id = Data([1])
        #expect(ChaosCall.KeyFacts(short) == nil)
        #expect(ChaosCall.KeyFacts(key([version(1, .active), version(3, .active)])) == nil)
        #expect(ChaosCall.KeyFacts(key([version(0, .active)])) == nil)
        #expect(ChaosCall.KeyFacts(key([version(1, .unspecified)])) == nil)
        #expect(ChaosCall.KeyFacts(key([version(1, .UNRECOGNIZED(40))])) == nil)
    }
}
