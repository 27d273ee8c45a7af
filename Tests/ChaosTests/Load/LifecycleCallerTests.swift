import Chaos
import KeyModel
import Testing

@Suite struct LifecycleCallerTests {
    private func requests(seed: UInt64, client: Int) -> [ChaosCall.Request] {
        var caller = LifecycleCaller(seed: seed, client: client, keys: 3)
        return (0..<400).map { number in
            let (key, request) = caller.next(number)
            let facts = ChaosCall.KeyFacts(
                id: KeyID(high: 0, low: UInt64(key)), generation: UInt64(number + 2), primary: 1, versions: [.active],
                tags: [:], isEnabled: request != .disable)
            caller.saw(.done(.key(facts)), of: key)
            return request
        }
    }

    @Test func `one seed gives one story, another seed or client another`() {
        #expect(requests(seed: 1, client: 2) == requests(seed: 1, client: 2))
        #expect(requests(seed: 1, client: 2) != requests(seed: 1, client: 3))
        #expect(requests(seed: 1, client: 2) != requests(seed: 2, client: 2))
    }

    @Test func `every kind of call happens, with generations that are right, stale and none`() {
        var names: Set<String> = []
        var expected: Set<UInt64> = []
        for request in requests(seed: 9, client: 0) {
            names.insert(String("\(request)".prefix { $0 != "(" }))
            if case .rotate(let generation) = request { expected.insert(min(generation, 1)) }
        }
        #expect(names == ["create", "rotate", "disable", "enable", "setTags", "describe"])
        #expect(expected == [0, 1])
    }

    @Test func `the first calls go to each key in turn, so that clients race for it`() {
        var caller = LifecycleCaller(seed: 4, client: 1, keys: 5)
        #expect((0..<5).map { caller.next($0).key } == [0, 1, 2, 3, 4])
    }
}
