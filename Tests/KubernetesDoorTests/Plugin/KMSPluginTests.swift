import KubernetesDoor
import Synchronization
import Testing

@Suite struct KMSPluginTests {
    private let upstream = TableUpstream()
    private let soon = ContinuousClock.now + .seconds(60)

    private func ready() async throws -> KMSPlugin {
        let plugin = KMSPlugin(upstream: upstream)
        try await plugin.prepare()
        return plugin
    }

    @Test("Status and Encrypt give the same key_id, and what was wrapped unwraps")
    func roundTrip() async throws {
        let plugin = try await ready()
        let seed = [UInt8](repeating: 7, count: 32)
        let wrapped = try await plugin.encrypt(seed, deadline: soon)
        #expect(try plugin.status() == KMSPlugin.Status(healthz: "ok", keyID: wrapped.keyID))
        let opened = try await plugin.decrypt(
            wrapped.ciphertext, keyID: wrapped.keyID, annotations: [:], deadline: soon)
        #expect(opened == seed)
    }

    @Test("A wrong key_id, any annotation, an empty or an oversized request is refused")
    func refusals() async throws {
        let plugin = try await ready()
        let wrapped = try await plugin.encrypt([1, 2, 3], deadline: soon)
        for (ciphertext, keyID, annotations) in [
            (wrapped.ciphertext, "clv1-other", [:]), (wrapped.ciphertext, wrapped.keyID, ["a.b": [UInt8(1)]]),
            ([], wrapped.keyID, [:]), (wrapped.ciphertext, "", [:]),
            ([UInt8](repeating: 1, count: 1025), wrapped.keyID, [:]),
        ] {
            await #expect(throws: PluginRefusal.self) {
                try await plugin.decrypt(ciphertext, keyID: keyID, annotations: annotations, deadline: soon)
            }
        }
        await #expect(throws: PluginRefusal.self) { try await plugin.encrypt([], deadline: soon) }
    }

    @Test("A rotation changes the key_id once, a lagging answer does not take it back, and old data still opens")
    func rotation() async throws {
        let plugin = try await ready()
        let old = try await plugin.encrypt([1], deadline: soon)
        let before = upstream.state.withLock { $0.key }
        upstream.state.withLock {
            $0.key.version = 2
            $0.key.activatedAt = 20
        }
        await plugin.check(confirmed: false)
        let new = try plugin.status().keyID
        #expect(new != old.keyID)
        upstream.state.withLock { $0.key = before }
        await plugin.check(confirmed: false)
        #expect(try plugin.status().keyID == new)
        #expect(try await plugin.decrypt(old.ciphertext, keyID: old.keyID, annotations: [:], deadline: soon) == [1])
    }

    @Test("An unreachable federation shows as trouble with the key_id kept; a disabled key as an error")
    func health() async throws {
        let plugin = try await ready()
        let keyID = try plugin.status().keyID
        upstream.state.withLock { $0.failure = UpstreamError(.unavailable, "no holder answers") }
        await plugin.check(confirmed: false)
        let troubled = try plugin.status()
        #expect(troubled.healthz != "ok")
        #expect(troubled.keyID == keyID)
        upstream.state.withLock {
            $0.failure = nil
            $0.key.isEnabled = false
        }
        await plugin.check(confirmed: false)
        #expect(throws: PluginRefusal.self) { try plugin.status() }
        await #expect(throws: PluginRefusal.self) { try await plugin.encrypt([1], deadline: soon) }
        upstream.state.withLock { $0.key.isEnabled = true }
        await plugin.check(confirmed: false)
        #expect(try plugin.status().healthz == "ok")
    }

    @Test("A ciphertext that does not open to what was sealed is never given out")
    func selfVerification() async throws {
        let plugin = try await ready()
        upstream.state.withLock { $0.lies = true }
        await #expect(throws: PluginRefusal.self) { try await plugin.encrypt([1, 2], deadline: soon) }
    }

    @Test("Equal Decrypts at the same time are one call, and all get the answer")
    func sharedDecrypts() async throws {
        let plugin = try await ready()
        let wrapped = try await plugin.encrypt([9], deadline: soon)
        let before = upstream.state.withLock { state in
            state.holds = true
            return state.decrypts
        }
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await plugin.decrypt(
                        wrapped.ciphertext, keyID: wrapped.keyID, annotations: [:], deadline: self.soon)
                }
            }
            #expect(await eventually { plugin.waitingCount == 199 })
            upstream.state.withLock { $0.holds = false }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: [9], count: 200))
        #expect(upstream.state.withLock { $0.decrypts } - before == 1)
    }

    @Test("Who is cancelled while it waits for an equal Decrypt goes at once, and the other one goes on")
    func cancelledWaiter() async throws {
        let plugin = try await ready()
        let wrapped = try await plugin.encrypt([9], deadline: soon)
        let before = upstream.state.withLock { state in
            state.holds = true
            return state.decrypts
        }
        func call() -> Task<[UInt8], any Error> {
            Task {
                try await plugin.decrypt(wrapped.ciphertext, keyID: wrapped.keyID, annotations: [:], deadline: soon)
            }
        }
        let working = call()
        #expect(await eventually { upstream.state.withLock { $0.decrypts } > before })
        let waiting = call()
        #expect(await eventually { plugin.waitingCount == 1 })
        waiting.cancel()
        await #expect(throws: PluginRefusal.self) { try await waiting.value }
        #expect(plugin.waitingCount == 0)
        upstream.state.withLock { $0.holds = false }
        #expect(try await working.value == [9])
    }

    @Test("A definite refusal is shared too, one for want of time is not")
    func sharedRefusals() async throws {
        let plugin = try await ready()
        let wrapped = try await plugin.encrypt([9], deadline: soon)
        let before = upstream.state.withLock { state in
            state.holds = true
            return state.decrypts
        }
        let short = ContinuousClock.now + .milliseconds(200)
        let first = Task {
            try? await plugin.decrypt(wrapped.ciphertext, keyID: wrapped.keyID, annotations: [:], deadline: short)
        }
        #expect(await eventually { upstream.state.withLock { $0.decrypts } > before })
        let second = Task {
            try await plugin.decrypt(wrapped.ciphertext, keyID: wrapped.keyID, annotations: [:], deadline: soon)
        }
        #expect(await first.value == nil)
        upstream.state.withLock { $0.holds = false }
        #expect(try await second.value == [9])
    }

    @Test("Overlapping looks never take a newer key back, whichever ends last")
    func overlappingLooks() async throws {
        let plugin = try await ready()
        for _ in 0..<50 {
            upstream.rotate()
            let expected = KeyIdentifier.make(upstream.state.withLock { $0.key })
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<8 { group.addTask { await plugin.check(confirmed: index % 2 == 0) } }
            }
            #expect(try plugin.status() == KMSPlugin.Status(healthz: "ok", keyID: expected))
        }
    }

    @Test("A version that was retired since the last look is replaced within the call")
    func rotationRace() async throws {
        let plugin = try await ready()
        let old = try plugin.status().keyID
        upstream.rotate()
        let wrapped = try await plugin.encrypt([4], deadline: soon)
        #expect(wrapped.keyID != old)
        #expect(try plugin.status().keyID == wrapped.keyID)
        #expect(
            try await plugin.decrypt(wrapped.ciphertext, keyID: wrapped.keyID, annotations: [:], deadline: soon) == [4])
    }

    @Test("Encrypt goes on trying while the key is rotated again and again, and gives out what is in use")
    func manyRotations() async throws {
        var timing = PluginTiming()
        timing.pause = .milliseconds(1)
        let plugin = KMSPlugin(upstream: upstream, timing: timing)
        try await plugin.prepare()
        upstream.state.withLock { $0.rotationsAhead = 9 }
        let wrapped = try await plugin.encrypt([4], deadline: soon)
        #expect(upstream.state.withLock { $0.rotationsAhead } == 0)
        #expect(wrapped.keyID == KeyIdentifier.make(upstream.state.withLock { $0.key }))
        #expect(try plugin.status() == KMSPlugin.Status(healthz: "ok", keyID: wrapped.keyID))
    }

    @Test("Encrypts that notice the same rotation look at the key together")
    func sharedLooks() async throws {
        let plugin = try await ready()
        upstream.rotate()
        let before = upstream.state.withLock { state in
            state.holdsLooks = true
            return state.describes
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask { _ = try await plugin.encrypt([UInt8(index)], deadline: self.soon) }
            }
            #expect(await eventually { plugin.waitingCount == 99 })
            upstream.state.withLock { $0.holdsLooks = false }
            try await group.waitForAll()
        }
        #expect(upstream.state.withLock { $0.describes } - before == 1)
    }

    @Test("That a caller's time was too short for a look says nothing about the key")
    func hastyCaller() async throws {
        let plugin = try await ready()
        upstream.rotate()
        upstream.state.withLock { $0.holdsLooks = true }
        let before = upstream.state.withLock { $0.describes }
        await #expect(throws: PluginRefusal.self) { try await plugin.encrypt([1], deadline: .now + .seconds(1)) }
        #expect(upstream.state.withLock { $0.describes } > before)
        #expect(try plugin.status().healthz == "ok")
    }

    @Test("A served Encrypt ends trouble, but not that the key must not be used")
    func servedCall() async throws {
        let plugin = try await ready()
        upstream.state.withLock { $0.failure = UpstreamError(.unavailable, "nobody answers") }
        await plugin.check(confirmed: false)
        #expect(try plugin.status().healthz != "ok")
        upstream.state.withLock { $0.failure = nil }
        _ = try await plugin.encrypt([1], deadline: soon)
        #expect(try plugin.status().healthz == "ok")
        // Begun while the key was good, ended after a look found it disabled.
        upstream.state.withLock { $0.holds = true }
        let decrypts = upstream.state.withLock { $0.decrypts }
        let late = Task { try await plugin.encrypt([1], deadline: soon) }
        #expect(await eventually { upstream.state.withLock { $0.decrypts } > decrypts })
        upstream.state.withLock { $0.key.isEnabled = false }
        await plugin.check(confirmed: false)
        upstream.state.withLock { $0.holds = false }
        _ = try await late.value
        #expect(throws: PluginRefusal.self) { try plugin.status() }
    }

    @Test("No more calls are at the federation than the gate lets through, and cancelled ones lose their turn")
    func gate() async throws {
        let plugin = KMSPlugin(upstream: upstream, width: 4)
        try await plugin.prepare()
        upstream.state.withLock { state in
            state.holds = true
            state.mostRunning = 0
        }
        let calls = (0..<60).map { index in Task { try await plugin.encrypt([UInt8(index)], deadline: soon) } }
        #expect(await eventually { upstream.state.withLock { $0.running } == 4 })
        for (index, call) in calls.enumerated() where index % 3 == 0 { call.cancel() }
        upstream.state.withLock { $0.holds = false }
        for (index, call) in calls.enumerated() where index % 3 != 0 { _ = try await call.value }
        for call in calls { _ = await call.result }
        #expect(upstream.state.withLock { $0.mostRunning } == 4)
        _ = try await plugin.encrypt([1], deadline: soon)
    }

    @Test(
        "A plaintext of any length up to the limit comes back, within what the API server takes",
        arguments: [
            1, 16, 31, 32, 33, 900, 995, 996, 997, 1024, 4096, 16 * 1024,
        ])
    func lengths(count: Int) async throws {
        let plugin = try await ready()
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let wrapped = try await plugin.encrypt(plaintext, deadline: soon)
        #expect((1...1024).contains(wrapped.ciphertext.count))
        #expect(wrapped.annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.count } <= 32 * 1024)
        // Labels of a DNS name, two at least.
        let label = /[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/
        for name in wrapped.annotations.keys {
            let labels = name.split(separator: ".", omittingEmptySubsequences: false)
            #expect(labels.count >= 2 && labels.allSatisfy { $0.wholeMatch(of: label) != nil })
        }
        let opened = try await plugin.decrypt(
            wrapped.ciphertext, keyID: wrapped.keyID, annotations: wrapped.annotations, deadline: soon)
        #expect(opened == plaintext)
    }

    @Test("The part in the annotation is bound to the rest: cut otherwise, changed, renamed or left out it is refused")
    func carriedParts() async throws {
        let plugin = try await ready()
        let wrapped = try await plugin.encrypt([UInt8](repeating: 3, count: 2000), deadline: soon)
        let (name, rest) = try #require(wrapped.annotations.first)
        let shorter = Array(wrapped.ciphertext.dropLast())
        let changed = [rest[0] ^ 1] + rest.dropFirst()
        let wrong: [([UInt8], [String: [UInt8]])] = [
            (wrapped.ciphertext, [:]), (wrapped.ciphertext, [name: changed]), (wrapped.ciphertext, ["a.b": rest]),
            (wrapped.ciphertext, [name: rest, "a.b": [1]]), (wrapped.ciphertext, [name: []]),
            (wrapped.ciphertext, [name: Array(rest.dropLast())]), (wrapped.ciphertext, [name: rest + [0]]),
            (shorter, [name: [wrapped.ciphertext[1023]] + rest]), (wrapped.ciphertext + rest, [:]),
        ]
        for (ciphertext, annotations) in wrong {
            await #expect(throws: PluginRefusal.self) {
                try await plugin.decrypt(ciphertext, keyID: wrapped.keyID, annotations: annotations, deadline: soon)
            }
        }
    }

    @Test("A key made anew under the same name is taken if it is later, and not taken back")
    func recreatedKey() async throws {
        let plugin = try await ready()
        let before = upstream.state.withLock { $0.key }
        upstream.state.withLock {
            $0.key = UpstreamKey(cluster: [1], key: [7], version: 1, activatedAt: 50, isEnabled: true)
        }
        await plugin.check(confirmed: false)
        let new = try plugin.status().keyID
        #expect(new != KeyIdentifier.make(before))
        upstream.state.withLock { $0.key = before }
        await plugin.check(confirmed: false)
        #expect(try plugin.status().keyID == new)
    }

    @Test("Before the first look there is no status, and a plugin without a federation waits")
    func start() async throws {
        upstream.state.withLock { $0.failure = UpstreamError(.unavailable, "nobody answers") }
        var timing = PluginTiming()
        timing.patience = .milliseconds(1)
        let plugin = KMSPlugin(upstream: upstream, timing: timing)
        #expect(throws: PluginRefusal.self) { try plugin.status() }
        let preparing = Task { try await plugin.prepare() }
        #expect(await eventually { upstream.state.withLock { $0.describes } > 5 })
        #expect(throws: PluginRefusal.self) { try plugin.status() }
        upstream.state.withLock { $0.failure = nil }
        try await preparing.value
        #expect(try plugin.status().healthz == "ok")
    }

    @Test("The key_id depends on federation, key, version and activation, and fits the API server's limit")
    func identifiers() {
        let base = UpstreamKey(cluster: [1], key: [2], version: 1, activatedAt: 10, isEnabled: true)
        var variants = [base, base, base, base, base]
        variants[1].cluster = [9]
        variants[2].key = [9]
        variants[3].version = 2
        variants[4].activatedAt = 11
        let names = variants.map(KeyIdentifier.make)
        #expect(Set(names).count == 5)
        #expect(names.allSatisfy { $0.utf8.count <= 1024 && !$0.isEmpty })
        #expect(KeyIdentifier.make(base) == names[0])
    }
}
