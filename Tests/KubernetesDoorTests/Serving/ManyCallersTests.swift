import Foundation
import KubernetesDoor
import NIOCore
import NIOPosix
import Synchronization
import Testing
import UnaryGRPC

/// Many calls, hostile neighbours, restarts and rotations, all over the socket.
@Suite(.timeLimit(.minutes(2))) struct ManyCallersTests {
    private let seed = [UInt8](repeating: 5, count: 32)

    @Test func `a thousand streams of one connection are served at once`() async throws {
        let door = try await TestDoor()
        let caller = try door.caller()
        let wrapped = try await caller.encrypt(seed)
        door.upstream.state.withLock { $0.holds = true }
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for index in 0..<1000 {
                group.addTask {
                    // Different ciphertexts, so that calls are not shared.
                    let own = index % 2 == 0 ? wrapped : nil
                    guard let own else { return try await caller.status().healthz == "ok" ? self.seed : [] }
                    return try await caller.decrypt(own.ciphertext, keyID: own.keyID)
                }
            }
            // Status is answered while five hundred Decrypts wait.
            #expect(try await caller.status().healthz == "ok")
            door.upstream.state.withLock { $0.holds = false }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: seed, count: 1000))
        await door.server.shutdown()
    }

    @Test func `a thousand different Encrypts of one connection all succeed`() async throws {
        let door = try await TestDoor()
        let caller = try door.caller()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<1000 {
                group.addTask {
                    let plaintext = [UInt8(index >> 8), UInt8(index & 255)]
                    let wrapped = try await caller.encrypt(plaintext)
                    #expect(try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) == plaintext)
                }
            }
            try await group.waitForAll()
        }
        await door.server.shutdown()
    }

    @Test func `sixty-four connections are served at once`() async throws {
        let door = try await TestDoor()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    let caller = try door.caller()
                    let status = try await caller.status()
                    let wrapped = try await caller.encrypt(self.seed)
                    #expect(wrapped.keyID == status.keyID)
                    #expect(try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) == self.seed)
                }
            }
            try await group.waitForAll()
        }
        await door.server.shutdown()
    }

    @Test func `garbage, silent connections and cancelled calls do no harm`() async throws {
        let door = try await TestDoor()
        var silent: [any Channel] = []
        for index in 0..<50 {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: door.path).get()
            if index % 2 == 0 {
                let bytes = (0..<500).map { _ in UInt8.random(in: .min ... .max) }
                try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
            } else {
                silent.append(channel)
            }
        }
        let caller = try door.caller()
        let wrapped = try await caller.encrypt(seed)
        door.upstream.state.withLock { $0.holds = true }
        let calls = (0..<100).map { _ in Task { try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) } }
        #expect(await eventually { door.upstream.state.withLock { $0.decrypts } > 2 })
        for call in calls { call.cancel() }
        for call in calls { _ = await call.result }
        door.upstream.state.withLock { $0.holds = false }
        #expect(try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) == seed)
        for channel in silent { try? await channel.close().get() }
        await door.server.shutdown()
    }

    @Test func `a rotation under traffic fails no call, and Status and Encrypt agree in every answer`() async throws {
        let door = try await TestDoor()
        let first = door.upstream.state.withLock { $0.key }
        let names = (0...5).map { rotations in
            var key = first
            key.version += UInt32(rotations)
            key.activatedAt += Int64(rotations) * 10
            return KeyIdentifier.make(key)
        }
        let traffic = Traffic()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let caller = try door.caller()
                    repeat {
                        let before = try await caller.status()
                        let wrapped = try await caller.encrypt(self.seed)
                        let after = try await caller.status()
                        #expect(before.healthz == "ok" && after.healthz == "ok")
                        let places = try [before.keyID, wrapped.keyID, after.keyID].map {
                            try #require(names.firstIndex(of: $0))
                        }
                        // What Encrypt names was current at some moment between the two looks.
                        #expect(places == places.sorted())
                        #expect(try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) == self.seed)
                        traffic.seen.withLock { _ = $0.insert(wrapped.keyID) }
                    } while !traffic.isOver.load(ordering: .relaxed)
                }
            }
            for round in 1...5 {
                #expect(await eventually { traffic.seen.withLock { $0.count } == round })
                door.upstream.rotate()
                if round % 2 == 0 { await door.plugin.check(confirmed: false) }
            }
            #expect(await eventually { traffic.seen.withLock { $0.count } == 6 })
            traffic.isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
        await door.server.shutdown()
    }

    @Test func `a restart gives the same key_id, and old data opens`() async throws {
        let first = try await TestDoor()
        let wrapped = try await first.caller().encrypt(seed)
        await first.server.shutdown()
        #expect(!FileManager.default.fileExists(atPath: first.path))
        let second = try await TestDoor(upstream: first.upstream, path: first.path)
        let caller = try second.caller()
        #expect(try await caller.status().keyID == wrapped.keyID)
        #expect(try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) == seed)
        await second.server.shutdown()
    }

    @Test func `a stale socket is reclaimed, and a running one is not stolen`() async throws {
        let first = try await TestDoor()
        await #expect(throws: TransportError.self) { _ = try await TestDoor(path: first.path) }
        #expect(try await first.caller().status().healthz == "ok")
        // A hard link survives the clean exit as the socket that nobody answers on.
        try FileManager.default.linkItem(atPath: first.path, toPath: first.path + ".stale")
        await first.server.shutdown()
        try FileManager.default.moveItem(atPath: first.path + ".stale", toPath: first.path)
        let second = try await TestDoor(path: first.path)
        #expect(try await second.caller().status().healthz == "ok")
        await second.server.shutdown()
    }

    @Test func `a shutdown lets running calls finish`() async throws {
        let door = try await TestDoor()
        let caller = try door.caller()
        let wrapped = try await caller.encrypt(seed)
        let before = door.upstream.state.withLock { state in
            state.holds = true
            return state.decrypts
        }
        let running = Task { try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) }
        #expect(await eventually { door.upstream.state.withLock { $0.decrypts } > before })
        let stopping = Task { await door.server.shutdown() }
        #expect(await eventually { !FileManager.default.fileExists(atPath: door.path) })
        door.upstream.state.withLock { $0.holds = false }
        #expect(try await running.value == seed)
        await stopping.value
    }
}

private final class Traffic: Sendable {
    let isOver = Atomic<Bool>(false)
    let seen = Mutex<Set<String>>([])
}
