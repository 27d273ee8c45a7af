import Foundation
import KubernetesDoor
import NIOCore
import SwiftProtobuf
import Synchronization
import Testing
import UnaryGRPC

@Suite(.timeLimit(.minutes(2))) struct KMSServiceTests {
    private let seed = (0..<32).map { UInt8($0) }

    @Test func `an API server's round: Status, Encrypt, Decrypt`() async throws {
        let door = try await TestDoor()
        let caller = try door.caller()
        let status = try await caller.status()
        #expect(status.version == "v2")
        #expect(status.healthz == "ok")
        let wrapped = try await caller.encrypt(seed)
        #expect(wrapped.keyID == status.keyID)
        #expect(wrapped.annotations.isEmpty)
        #expect((1...1024).contains(wrapped.ciphertext.count))
        #expect(try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) == seed)
        for size in [1, 33, 900, 1020, 8000] {
            let plaintext = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            let other = try await caller.encrypt(plaintext)
            #expect((1...1024).contains(other.ciphertext.count))
            #expect(try await caller.decrypt(other) == plaintext)
        }
        await door.server.shutdown()
    }

    @Test func `what was not given out together is refused`() async throws {
        let door = try await TestDoor()
        let caller = try door.caller()
        let wrapped = try await caller.encrypt(seed)
        for (keyID, annotations) in [
            ("clv1-other", [:]), ("", [:]), (String(repeating: "k", count: 1025), [:]),
            (wrapped.keyID, ["a.example": Data([1])]),
        ] {
            let code = await code {
                _ = try await caller.decrypt(wrapped.ciphertext, keyID: keyID, annotations: annotations)
            }
            #expect(code == .invalidArgument)
        }
        #expect(await code { _ = try await caller.decrypt(Data(), keyID: wrapped.keyID) } == .invalidArgument)
        #expect(await code { _ = try await caller.encrypt([]) } == .invalidArgument)
        #expect(await code { _ = try await caller.encrypt([UInt8](repeating: 1, count: 20_000)) } == .invalidArgument)
        let long = [UInt8](repeating: 1, count: 70_000)
        #expect(await code { _ = try await caller.encrypt(long) } == .resourceExhausted)
        #expect(try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) == seed)
        await door.server.shutdown()
    }

    @Test func `each single flipped bit of a ciphertext is refused`() async throws {
        let door = try await TestDoor()
        let caller = try door.caller()
        let wrapped = try await caller.encrypt(seed)
        for bit in 0..<(wrapped.ciphertext.count * 8) {
            var flipped = wrapped.ciphertext
            flipped[flipped.startIndex + bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(await code { _ = try await caller.decrypt(flipped, keyID: wrapped.keyID) } == .invalidArgument)
        }
        await door.server.shutdown()
    }

    @Test func `unknown methods and the service of KMS v1 are unimplemented, and a malformed message is refused`()
        async throws
    {
        let door = try await TestDoor()
        let caller = try door.caller()
        for path in [
            "/v2.KeyManagementService/Rotate", "/v1beta1.KeyManagementService/Version",
            "/v1beta1.KeyManagementService/Encrypt", "/x",
        ] {
            let code = await code {
                _ = try await caller.client.call(path, ByteBuffer(), deadline: .now() + .seconds(20))
            }
            #expect(code == .unimplemented)
        }
        for bytes: [UInt8] in [[0x0A], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x1A, 2, 0xC3, 0x28], [0xFF]] {
            let code = await code {
                _ = try await caller.client.call(
                    TestDoor.service + "Decrypt", ByteBuffer(bytes: bytes), deadline: .now() + .seconds(20))
            }
            #expect(code == .invalidArgument)
        }
        await door.server.shutdown()
    }

    @Test func `unknown fields are skipped`() async throws {
        let door = try await TestDoor()
        let caller = try door.caller()
        // Field 9 and field 100, both length-delimited.
        let reply = try await caller.client.call(
            TestDoor.service + "Status", ByteBuffer(bytes: [0x4A, 1, 7, 0xA2, 0x06, 1, 7]),
            deadline: .now() + .seconds(20))
        #expect(try V2_StatusResponse(serializedBytes: Array(reply.readableBytesView)).healthz == "ok")
        await door.server.shutdown()
    }

    @Test func `a disabled key is an error in Status and Encrypt, an unreachable federation a text in Status`()
        async throws
    {
        let door = try await TestDoor()
        let caller = try door.caller()
        let keyID = try await caller.status().keyID
        door.upstream.state.withLock { $0.failure = UpstreamError(.unavailable, "nobody answers") }
        await door.plugin.check(confirmed: false)
        let troubled = try await caller.status()
        #expect(troubled.healthz.contains("nobody answers"))
        #expect(troubled.keyID == keyID)
        #expect(await code { _ = try await caller.encrypt(seed) } == .unavailable)
        door.upstream.state.withLock {
            $0.failure = nil
            $0.key.isEnabled = false
        }
        #expect(await code { _ = try await caller.encrypt(seed) } == .failedPrecondition)
        #expect(await code { _ = try await caller.status() } == .failedPrecondition)
        await door.server.shutdown()
    }

    @Test func `a call ends within the caller's time`() async throws {
        let door = try await TestDoor()
        let caller = try door.caller()
        let wrapped = try await caller.encrypt(seed)
        door.upstream.state.withLock { $0.holds = true }
        let refusal = await code { _ = try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID, seconds: 1) }
        #expect(refusal == .deadlineExceeded)
        door.upstream.state.withLock { $0.holds = false }
        #expect(try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID) == seed)
        await door.server.shutdown()
    }

    @Test func `a caller that waits longer than the plugin's own looks is served longer`() async throws {
        var timing = PluginTiming()
        timing.callTimeout = .milliseconds(300)
        let door = try await TestDoor(timing: timing)
        let caller = try door.caller()
        let wrapped = try await caller.encrypt(seed)
        let before = door.upstream.state.withLock { state in
            state.holds = true
            return state.decrypts
        }
        let call = Task { try await caller.decrypt(wrapped.ciphertext, keyID: wrapped.keyID, seconds: 60) }
        #expect(await eventually { door.upstream.state.withLock { $0.decrypts } > before })
        try await Task.sleep(for: timing.callTimeout * 2)
        door.upstream.state.withLock { $0.holds = false }
        #expect(try await call.value == seed)
        await door.server.shutdown()
    }

    @Test func `only listed users may call`() async throws {
        let mine = try await TestDoor(allowedUsers: [getuid()])
        #expect(try await mine.caller().status().healthz == "ok")
        await mine.server.shutdown()
        let others = try await TestDoor(allowedUsers: [getuid() + 1])
        #expect(await code { _ = try await others.caller().status() } == .permissionDenied)
        #expect(await code { _ = try await others.caller().encrypt(seed) } == .permissionDenied)
        await others.server.shutdown()
    }
}
