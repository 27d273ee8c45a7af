import KeyCrypto
import Testing

@Suite("Key cache")
struct KeyCacheTests {
    func id(_ key: UInt8, _ version: UInt32 = 1) -> KeyCache.Identifier {
        KeyCache.Identifier(keyID: [UInt8](repeating: key, count: 16), version: version)
    }

    func insert(_ cache: KeyCache, _ key: UInt8, version: UInt32 = 1, placement: String = "eu", now: UInt64 = 0) throws
    {
        let added = cache.insert(
            try shared([key]), for: id(key, version), placement: placement, generation: 1, now: now,
            ticket: cache.ticket())
        #expect(added)
    }

    @Test("A key is given out for its own generation only")
    func generation() throws {
        let cache = KeyCache(capacity: 4, idleTime: 100)
        try insert(cache, 1)
        #expect(cache.value(id(1), generation: 1, now: 1) != nil)
        #expect(cache.value(id(1), generation: 2, now: 1) == nil)
        #expect(cache.value(id(1, 2), generation: 1, now: 1) == nil)
        let older = cache.insert(
            try shared([9]), for: id(1), placement: "eu", generation: 0, now: 1, ticket: cache.ticket())
        #expect(!older)
    }

    @Test("The cache never grows over its capacity and keeps what is in use")
    func bound() throws {
        let cache = KeyCache(capacity: 3, idleTime: 100)
        for key: UInt8 in 1...3 { try insert(cache, key) }
        for key: UInt8 in 4...20 {
            #expect(cache.value(id(1), generation: 1, now: 1) != nil)
            try insert(cache, key)
            #expect(cache.count == 3)
        }
        #expect(cache.value(id(1), generation: 1, now: 1) != nil)
    }

    @Test("Idle keys are not given out, and a sweep drops them")
    func idle() throws {
        let cache = KeyCache(capacity: 3, idleTime: 100)
        try insert(cache, 1)
        try insert(cache, 2, now: 50)
        #expect(cache.value(id(1), generation: 1, now: 100) != nil)
        #expect(cache.value(id(2), generation: 1, now: 151) == nil)
        #expect(cache.value(id(1), generation: 1, now: 200) != nil)
        #expect(cache.sweep(now: 250) == 1)
        #expect(cache.sweep(now: 301) == 1)
        #expect(cache.count == 0)
    }

    @Test("Invalidation by key and by placement drops exactly those")
    func invalidation() throws {
        let cache = KeyCache(capacity: 8, idleTime: 100)
        try insert(cache, 1, version: 1)
        try insert(cache, 1, version: 2)
        try insert(cache, 2, placement: "us")
        try insert(cache, 3, placement: "us")
        #expect(cache.invalidate(keyID: id(1).keyID) == 2)
        #expect(cache.value(id(2), generation: 1, now: 1) != nil)
        #expect(cache.invalidate(placement: "us") == 2)
        #expect(cache.count == 0)
    }

    @Test("A key whose unwrap began before an invalidation is not put back")
    func ticket() throws {
        let cache = KeyCache(capacity: 8, idleTime: 100)
        let ticket = cache.ticket()
        #expect(cache.invalidate(keyID: id(1).keyID) == 0)
        let added = cache.insert(
            try shared([1]), for: id(1), placement: "eu", generation: 1, now: 0, ticket: ticket)
        #expect(!added)
        #expect(cache.count == 0)
    }

    @Test("A dropped key is wiped once its last user lets go")
    func lifetime() throws {
        let cache = KeyCache(capacity: 1, idleTime: 100)
        weak let watched: SharedSecret?
        do {
            let key = try shared([1])
            watched = key
            cache.insert(key, for: id(1), placement: "eu", generation: 1, now: 0, ticket: cache.ticket())
        }
        #expect(watched != nil)
        cache.invalidateAll()
        #expect(watched == nil)
    }
}
