import Audit
import Cluster
import KeyCrypto
import KeyModel
import KeyOperations
import KeyReplication
import Raft
import Synchronization
import Testing

extension Operations {
    /// Decision 0008: no holder encrypts with a version that another one, which may serve, cannot open.
    @Suite("Rotation")
    struct Rotation {
        static let name = "eu/acme/orders"

        @Test("No version protects while a holder that may serve lacks it; it does by itself when that holder is back")
        func waits() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let (caller, cutOff) = try roles(in: federation)
                let sealed = try await caller.encrypt(Self.name, [1])
                await federation.isolate(cutOff)
                for _ in 0..<2 {
                    let rotated = try await caller.keys.rotateKey(
                        Self.name, expected: 0, idempotencyKey: [7], in: caller.context(within: .seconds(2)))
                    #expect(rotated.value.primary == .first && rotated.value.versions.count == 2)
                    #expect(rotated.value.pendingVersion?.number == KeyVersionNumber(2))
                }
                // A rotation of its own is about the same version.
                let second = try await caller.keys.rotateKey(
                    Self.name, expected: 0, idempotencyKey: [], in: caller.context(within: .seconds(1)))
                #expect(second.value.versions.count == 2)
                try await Task.sleep(for: .seconds(2))
                for node in federation.holders {
                    #expect(try await node.encrypt(Self.name, [2]).version == 1)
                    #expect(try await node.decrypt(sealed.ciphertext).plaintext == [1])
                }
                await federation.reconnect(cutOff)
                try await eventually("the version protects at every holder") {
                    federation.holders.allSatisfy { primary(at: $0) == KeyVersionNumber(2) }
                }
                let again = try await caller.keys.rotateKey(
                    Self.name, expected: 0, idempotencyKey: [7], in: caller.context())
                #expect(again.value.primary == KeyVersionNumber(2) && again.value.versions.count == 2)
                let kept = try federation.holders.flatMap { try $0.records() }.filter { $0.rules == ["rotation"] }
                #expect(kept.count == 1 && kept.first?.keyVersion == 2 && kept.first?.outcome.rawValue == "ok")
                #expect(kept.first?.requestID == "#rotation")
            }
        }

        @Test("A version that a caller saw after the keeper had read the clock has not waited yet")
        func seenMeanwhile() throws {
            let ledger = RotationLedger()
            let key = KeyID(high: 0, low: 1)
            let placement = try PlacementName("eu")
            let version = KeyVersionNumber(2)
            let seen = ledger.sight(version, of: key, in: placement, index: 5, now: 2_000)
            let again = ledger.sight(version, of: key, in: placement, index: 4, now: 1_500)
            #expect(again == seen && again.seenAt == 2_000)
            #expect(again.age(at: 1_500) == 0)
            #expect(again.age(at: 2_000) == 0)
            #expect(again.age(at: 3_000) == 1_000)
        }

        @Test("A holder that stays away delays a rotation until it can serve no more, and no longer")
        func isOutwaited() async throws {
            try await Federation.run(maxStaleness: 5_000) { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let (caller, cutOff) = try roles(in: federation)
                await federation.isolate(cutOff)
                let began = ContinuousClock.now
                let rotated = try await caller.keys.rotateKey(
                    Self.name, expected: 0, idempotencyKey: [], in: caller.context(within: .seconds(1)))
                #expect(rotated.value.pendingVersion != nil)
                try await eventually("the version protects") { primary(at: caller) == KeyVersionNumber(2) }
                #expect(ContinuousClock.now - began > .seconds(5))
                #expect(await refusal { try await cutOff.encrypt(Self.name, [1]) }?.code == .stale)
            }
        }

        @Test("A key that is disabled between the two phases of a rotation keeps the new version, as is answered")
        func isDisabledMeanwhile() async throws {
            try await Federation.run(maxStaleness: 5_000, completesRotations: false) { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let (caller, cutOff) = try roles(in: federation)
                await federation.isolate(cutOff)
                async let rotated = caller.keys.rotateKey(
                    Self.name, expected: 0, idempotencyKey: [], in: caller.context(within: .seconds(20)))
                try await eventually("the version is added") {
                    caller.runtime?.view.key(named: try KeyName(parsing: Self.name))?.key.pendingVersion != nil
                }
                _ = try await caller.keys.setEnabled(false, key: Self.name, idempotencyKey: [], in: caller.context())
                let key = try await rotated.value
                #expect(!key.isEnabled && key.primary == .first)
                #expect(key.pendingVersion?.number == KeyVersionNumber(2))
            }
        }

        @Test("A call with time enough waits for the holder, and its answer is the new version")
        func outlasts() async throws {
            try await Federation.run(maxStaleness: 5_000) { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let (caller, cutOff) = try roles(in: federation)
                await federation.isolate(cutOff)
                let rotated = try await caller.keys.rotateKey(
                    Self.name, expected: 0, idempotencyKey: [], in: caller.context(within: .seconds(20)))
                #expect(rotated.value.primary == KeyVersionNumber(2) && rotated.value.pendingVersion == nil)
                #expect(await refusal { try await cutOff.encrypt(Self.name, [1]) }?.code == .stale)
            }
        }

        @Test(
            "A holder that has not seen the activation opens what others protect, one without the version says it lags")
        func lag() async throws {
            try await Federation.run(completesRotations: false) { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let (caller, cutOff) = try roles(in: federation)
                try await federation.follow(try await add(2, at: caller))
                await federation.isolate(cutOff)
                try await activate(2, at: caller)
                let second = try await caller.encrypt(Self.name, [2])
                #expect(second.version == 2)
                #expect(try await cutOff.decrypt(second.ciphertext).plaintext == [2])
                #expect(await refusal { try await cutOff.encrypt(Self.name, [1], version: 2) }?.code == .stale)
                #expect(try await cutOff.encrypt(Self.name, [1]).version == 1)

                _ = try await add(3, at: caller)
                try await activate(3, at: caller)
                let third = try await caller.encrypt(Self.name, [3])
                #expect(third.version == 3)
                #expect(await refusal { try await cutOff.decrypt(third.ciphertext) }?.code == .stale)
                await federation.reconnect(cutOff)
                try await eventually("the holder opens it when it is back") {
                    await refusal { try await cutOff.decrypt(third.ciphertext) } == nil
                }
                // A version that no quorum knows of is a forgery like any other.
                var forged = third.ciphertext
                forged[29] = 99
                for node in federation.holders {
                    try await eventually("a quorum confirms") {
                        await refusal { try await node.decrypt(forged) }?.code == .ciphertextRejected
                    }
                }
            }
        }

        @Test("Rotations one after the other at every holder are not felt by callers at any other")
        func underLoad() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                // Far away, so that the others act on what it does not know yet.
                await federation.slow(try roles(in: federation).cutOff, by: .milliseconds(50))
                let callers = Callers()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for place in 0..<3 {
                        let (sealer, opener) = (federation.holders[place], federation.holders[(place + 1) % 3])
                        group.addTask { await callers.call(sealing: sealer, opening: opener) }
                    }
                    for number in 2...7 {
                        let node = federation.holders[number % 3]
                        let rotated = try await node.keys.rotateKey(
                            Self.name, expected: 0, idempotencyKey: [], in: node.context())
                        #expect(rotated.value.primary == KeyVersionNumber(UInt32(number)))
                    }
                    callers.isEnding.set(true)
                    try await group.waitForAll()
                }
                #expect(callers.refusals.withLock { $0 } == [])
                #expect(callers.rounds.load(ordering: .relaxed) > 10)
            }
        }

        /// Calls that go on while a key is rotated.
        private final class Callers: Sendable {
            let isEnding = SharedFlag()
            let refusals = Mutex<[String]>([])
            let rounds = Atomic<Int>(0)

            func call(sealing sealer: FederationNode, opening opener: FederationNode) async {
                while !isEnding.isSet {
                    let refused = await refusal {
                        // Pinned to what another holder says, as the Kubernetes plugin does.
                        let key = try await opener.keys.describeKey(
                            Rotation.name, confirmed: false, in: opener.context())
                        var ciphertexts = [try await sealer.encrypt(Rotation.name, [2]).ciphertext]
                        if let pinned = try await seal(key.primary, at: sealer) { ciphertexts.append(pinned) }
                        for ciphertext in ciphertexts { _ = try await opener.decrypt(ciphertext) }
                    }
                    if let refused { refusals.withLock { $0.append("\(refused)") } }
                    rounds.add(1, ordering: .relaxed)
                }
            }

            /// Nil for a version that was retired meanwhile: the plugin looks again then.
            private func seal(_ version: KeyVersionNumber, at node: FederationNode) async throws -> [UInt8]? {
                do throws(KMSError) {
                    return try await node.encrypt(Rotation.name, [1], version: version.rawValue).ciphertext
                } catch {
                    if error.code == .invalidKeyState { return nil }
                    throw error
                }
            }
        }

        // MARK: Steps

        /// A holder that follows and calls, and another follower that can be cut off.
        private func roles(in federation: Federation) throws -> (caller: FederationNode, cutOff: FederationNode) {
            let followers = federation.holders.filter { !($0.runtime?.gauge.isLeader ?? true) }
            try #require(followers.count == 2)
            return (followers[0], followers[1])
        }

        private func primary(at node: FederationNode) -> KeyVersionNumber? {
            node.runtime?.view.keys(limit: 10).first { $0.key.name.description == Self.name }?.key.primary
        }

        /// Adds a version as the first phase does, whatever the other holders know.
        private func add(_ number: UInt32, at node: FederationNode) async throws -> ConsistencyToken {
            let name = try KeyName(parsing: Self.name)
            let runtime = try #require(node.runtime)
            let key = try #require(runtime.view.key(named: name)?.key)
            let wrapped = try node.keys.materials.makeVersion(
                of: key.id, KeyVersionNumber(number), tenant: key.tenant, under: .first, at: runtime)
            return try await propose(
                .rotateKey(name, expected: key.generation, wrapped: wrapped), at: node)
        }

        /// Makes a version protect as the second phase does, whatever the other holders know.
        private func activate(_ number: UInt32, at node: FederationNode) async throws {
            _ = try await propose(
                .activateVersion(try KeyName(parsing: Self.name), KeyVersionNumber(number)), at: node)
        }

        private func propose(_ body: KeyCommand.Body, at node: FederationNode) async throws -> ConsistencyToken {
            let command = KeyCommand(body, header: CommandHeader(proposedAt: 1, principal: "node/\(node.name)"))
            let applied = try await node.cluster.propose(
                KeyCommandCodec.encode(command), to: GroupID(2), timeout: .seconds(20))
            let refusal = try #require(applied.outcome as? CommandOutcome).refusal
            #expect(refusal == nil)
            return ConsistencyToken(group: 2, index: applied.position.index.rawValue)
        }
    }
}
