import Audit
import Cluster
import Foundation
import KeyCrypto
import KeyModel
import KeyOperations
import KeyReplication
import Raft
import Testing

extension Operations {
    @Suite("The life of a key")
    struct KeyLife {
        @Test(
            "A key is made, used, rotated, tagged, disabled, enabled and listed, and every holder opens what any sealed"
        )
        func life() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                let key = try await federation.makeKey()
                #expect(key.versions.count == 1 && key.isEnabled && key.generation == 1)
                let first = try await federation.nodes[1].encrypt("eu/acme/orders", [1, 2, 3])
                #expect(first.version == 1 && first.keyID == key.id.bytes)
                for node in federation.holders {
                    let opened = try await node.decrypt(first.ciphertext)
                    #expect(opened.plaintext == [1, 2, 3] && opened.key == "eu/acme/orders" && opened.version == 1)
                }
                try await rotate(federation, first: first.ciphertext)
                try await disable(federation, ciphertext: first.ciphertext)
                try await tagAndList(federation)
            }
        }

        private func rotate(_ federation: Federation, first: [UInt8]) async throws {
            let node = federation.nodes[2]
            let rotated = try await node.keys.rotateKey(
                "eu/acme/orders", expected: 0, idempotencyKey: [], in: node.context())
            #expect(rotated.value.primary == KeyVersionNumber(2) && rotated.value.versions.count == 2)
            try await federation.follow(rotated.token)
            for node in federation.holders {
                let sealed = try await node.encrypt("eu/acme/orders", [4])
                #expect(sealed.version == 2)
                #expect(try await federation.nodes[0].decrypt(sealed.ciphertext).plaintext == [4])
                #expect(try await node.decrypt(first).version == 1)
            }
            let stale = await refusal {
                try await node.keys.rotateKey("eu/acme/orders", expected: 1, idempotencyKey: [], in: node.context())
            }
            #expect(stale?.code == .generationConflict)
        }

        private func disable(_ federation: Federation, ciphertext: [UInt8]) async throws {
            let node = federation.nodes[0]
            let disabled = try await node.keys.setEnabled(
                false, key: "eu/acme/orders", idempotencyKey: [], in: node.context())
            #expect(!disabled.value.isEnabled)
            try await federation.follow(disabled.token)
            for node in federation.holders {
                #expect(await refusal { try await node.decrypt(ciphertext) }?.code == .invalidKeyState)
                #expect(await refusal { try await node.encrypt("eu/acme/orders", [1]) }?.code == .invalidKeyState)
            }
            let enabled = try await node.keys.setEnabled(
                true, key: "eu/acme/orders", idempotencyKey: [], in: node.context())
            try await federation.follow(enabled.token)
            for node in federation.holders { #expect(try await node.decrypt(ciphertext).plaintext == [1, 2, 3]) }
        }

        private func tagAndList(_ federation: Federation) async throws {
            let node = federation.nodes[1]
            let tagged = try await node.keys.setTags(
                [KeyTag(key: "team", value: "a")], key: "eu/acme/orders", idempotencyKey: [], in: node.context())
            #expect(tagged.value.tags == [KeyTag(key: "team", value: "a")])
            let other = federation.nodes[2]
            let seen = try await other.keys.describeKey(
                "eu/acme/orders", confirmed: true, in: other.context(token: tagged.token))
            #expect(seen.tags == tagged.value.tags)
            for name in ["eu/acme/b", "eu/acme/a", "eu/zeta/c"] { _ = try await federation.makeKey(name) }
            let page = try await other.keys.listKeys(prefix: "eu/", after: nil, limit: 3, in: other.context())
            #expect(page.keys.map(\.name.description) == ["eu/acme/a", "eu/acme/b", "eu/acme/orders"])
            let rest = try await other.keys.listKeys(prefix: "eu/", after: page.next, limit: 3, in: other.context())
            #expect(rest.keys.map(\.name.description) == ["eu/zeta/c"] && rest.next == nil)
        }

        @Test(
            "The same idempotency key gives one key however often it is sent, and another request under it is refused")
        func idempotency() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                let node = federation.nodes[0]
                let once = try await node.keys.createKey(
                    "eu/acme/orders", algorithm: .aes256, tags: [], idempotencyKey: [1, 2], in: node.context())
                let other = federation.nodes[1]
                let twice = try await other.keys.createKey(
                    "eu/acme/orders", algorithm: .aes256, tags: [], idempotencyKey: [1, 2],
                    in: other.context(token: once.token))
                #expect(once.value == twice.value)
                let different = await refusal {
                    try await node.keys.createKey(
                        "eu/acme/other", algorithm: .aes256, tags: [], idempotencyKey: [1, 2], in: node.context())
                }
                #expect(different?.code == .invalidRequest)
                let again = await refusal {
                    try await node.keys.createKey(
                        "eu/acme/orders", algorithm: .aes256, tags: [], idempotencyKey: [3], in: node.context())
                }
                #expect(again?.code == .alreadyExists)
            }
        }

        @Test("Nothing is allowed without a policy, an operator uses no key, and every refusal stands in the audit log")
        func access() async throws {
            try await Federation.run { federation in
                let node = federation.nodes[0]
                let make = { (principal: String) in
                    await refusal {
                        try await node.keys.createKey(
                            "eu/acme/orders", algorithm: .aes256, tags: [], idempotencyKey: [],
                            in: node.context(principal))
                    }
                }
                #expect(await make(Federation.workload)?.code == .permissionDenied)
                #expect(await make(Federation.operatorID)?.code == .permissionDenied)
                try await federation.allow([.group(.manage), .action(.encrypt)])
                _ = try await federation.makeKey()
                let sealed = try await node.encrypt("eu/acme/orders", [1])
                #expect(await refusal { try await node.decrypt(sealed.ciphertext) }?.code == .permissionDenied)
                #expect(
                    await refusal {
                        try await node.encrypt("eu/acme/orders", [1], as: "spiffe://claviger.local/workload/eve")
                    }?.code == .permissionDenied)
                #expect(await refusal { try await node.decrypt([1, 2, 3]) }?.code == .ciphertextRejected)
                let told = try node.records().map { "\($0.action) \($0.decision) \($0.outcome.rawValue)" }
                #expect(
                    told == [
                        "createKey deny permissionDenied", "createKey deny permissionDenied", "putPolicy allow ok",
                        "createKey allow ok", "encrypt allow ok", "decrypt deny permissionDenied",
                        "encrypt deny permissionDenied",
                        "decrypt deny ciphertextRejected",
                    ])
            }
        }

        @Test("When the audit log cannot be written nothing is answered, and everything again when it can")
        func audit() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let node = federation.nodes[0]
                let sealed = try await node.encrypt("eu/acme/orders", [1])
                let before = try node.records().count
                node.auditBreaks.set(true)
                #expect(await refusal { try await node.encrypt("eu/acme/orders", [1]) }?.code == .auditUnavailable)
                #expect(await refusal { try await node.decrypt(sealed.ciphertext) }?.code == .auditUnavailable)
                let described = await refusal {
                    try await node.keys.describeKey("eu/acme/orders", confirmed: false, in: node.context())
                }
                #expect(described?.code == .auditUnavailable)
                #expect(try node.records().count == before)
                #expect(try await federation.nodes[1].decrypt(sealed.ciphertext).plaintext == [1])
                node.auditBreaks.set(false)
                try await eventually("the audit log is well again") { !node.audit.isDegraded }
                #expect(try await node.decrypt(sealed.ciphertext).plaintext == [1])
            }
        }

        @Test("A node that does not hold the placement refuses and names those that do")
        func outside() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let sealed = try await federation.nodes[0].encrypt("eu/acme/orders", [1])
                try await eventually("the outsider knows the group") {
                    !federation.outsider.keys.directory.state.groups(of: federation.eu).isEmpty
                }
                for error in [
                    await refusal { try await federation.outsider.decrypt(sealed.ciphertext) },
                    await refusal { try await federation.outsider.encrypt("eu/acme/orders", [1]) },
                ] {
                    #expect(error?.code == .sovereigntyViolation)
                    #expect(
                        (error?.cause as? AllowedEndpoints)?.endpoints.sorted() == ["node-1:2", "node-2:2", "node-3:2"])
                }
                #expect(
                    await refusal { try await federation.outsider.encrypt("mars/acme/orders", [1]) }?.code
                        == .keyNotFound)
                #expect(try federation.outsider.records().count == 3)
                try await expectNoNames(at: federation.outsider)
            }
        }

        /// Every call that names a key is refused, and neither the records nor the files of the log hold the name.
        private func expectNoNames(at node: FederationNode) async throws {
            let context = { (principal: String) in node.context(principal) }
            let name = "eu/acme/orders"
            let keys = node.keys
            let refusals = [
                await refusal {
                    try await keys.createKey(
                        name, algorithm: .aes256, tags: [], idempotencyKey: [], in: context(Federation.workload))
                },
                await refusal {
                    try await keys.describeKey(name, confirmed: true, in: context(Federation.workload))
                },
                await refusal {
                    try await keys.rotateKey(name, expected: 0, idempotencyKey: [], in: context(Federation.workload))
                },
                await refusal {
                    try await keys.setEnabled(false, key: name, idempotencyKey: [], in: context(Federation.workload))
                },
                await refusal {
                    try await keys.explain(
                        Federation.workload, .encrypt, key: name, entries: [], in: context(Federation.operatorID))
                },
            ]
            #expect(refusals.map { $0?.code } == Array(repeating: .sovereigntyViolation, count: 5))
            let records = try node.records()
            #expect(records.count == 8 && records.count { $0.placement == "eu" } == 7)
            #expect(records.allSatisfy { $0.tenant.isEmpty && $0.keyName.isEmpty && $0.keyID.isEmpty })
            #expect(records.allSatisfy { $0.contextDigest.isEmpty })
            let manager = FileManager.default
            for file in try manager.contentsOfDirectory(atPath: node.auditDirectory) {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(node.auditDirectory)/\(file)"))
                for text in ["acme", "orders"] { #expect(bytes.range(of: Data(text.utf8)) == nil, "in \(file)") }
            }
        }

        @Test("A record of Encrypt and Decrypt tells by a digest which context was used, whether allowed or not")
        func contextDigest() async throws {
            try await Federation.run { federation in
                try await federation.allow([.group(.manage), .action(.encrypt)])
                _ = try await federation.makeKey()
                let node = federation.nodes[0]
                let sealed = try await node.encrypt("eu/acme/orders", [1])
                #expect(await refusal { try await node.decrypt(sealed.ciphertext) }?.code == .permissionDenied)
                // One pair; key and value, each behind its length.
                let canonical = [0, 1, 0, 7] + Array("purpose".utf8) + [0, 4] + Array("test".utf8)
                let digest = try SHA256Digest.hash(canonical)
                let records = try node.records().suffix(2)
                #expect(records.map(\.action) == ["encrypt", "decrypt"])
                #expect(records.allSatisfy { $0.contextDigest == digest })
            }
        }

        /// A holder that follows, and hears everything later than the others.
        private func distant(in federation: Federation) async throws -> FederationNode {
            let far = try #require(federation.holders.first { !($0.runtime?.gauge.isLeader ?? true) })
            await federation.slow(far, by: .milliseconds(150))
            return far
        }

        @Test("A key is there for every holder as soon as one has answered that it was made")
        func newKeys() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                let far = try await distant(in: federation)
                for maker in federation.holders where maker.name != far.name {
                    for isDescribed in [false, true] {
                        let name = "eu/acme/of-\(maker.name)-\(isDescribed)"
                        _ = try await maker.keys.createKey(
                            name, algorithm: .aes256, tags: [], idempotencyKey: [], in: maker.context())
                        if isDescribed {
                            let seen = try await far.keys.describeKey(name, confirmed: false, in: far.context())
                            #expect(seen.name.description == name)
                        }
                        let sealed = try await far.encrypt(name, [1])
                        #expect(sealed.version == 1)
                    }
                    let last = "eu/acme/last-of-\(maker.name)"
                    _ = try await maker.keys.createKey(
                        last, algorithm: .aes256, tags: [], idempotencyKey: [], in: maker.context())
                    let sealed = try await maker.encrypt(last, [7])
                    let opened = try await far.decrypt(sealed.ciphertext)
                    #expect(opened.plaintext == [7])
                }
                let node = federation.nodes[1]
                let before = try node.records().count
                #expect(await refusal { try await node.encrypt("eu/acme/never", [1]) }?.code == .keyNotFound)
                #expect(try node.records().count == before + 1)
            }
        }

        @Test("A node that is cut off does not deny a key that it has not heard of to those who want to change it")
        func unheardKeys() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                let cutOff = try #require(federation.holders.first { !($0.runtime?.gauge.isLeader ?? true) })
                let maker = try #require(federation.holders.first { $0.name != cutOff.name })
                await federation.isolate(cutOff)
                let name = "eu/acme/new"
                _ = try await maker.keys.createKey(
                    name, algorithm: .aes256, tags: [], idempotencyKey: [], in: maker.context())
                func disable(_ name: String, within time: Duration) async -> KMSError.Code? {
                    await refusal {
                        try await cutOff.keys.setEnabled(
                            false, key: name, idempotencyKey: [], in: cutOff.context(within: time))
                    }?.code
                }
                #expect(await disable(name, within: .seconds(1)) == .noLeader)
                await federation.reconnect(cutOff)
                try await eventually("the change is made") { await disable(name, within: .seconds(5)) == nil }
                #expect(await disable("eu/acme/never", within: .seconds(20)) == .keyNotFound)
            }
        }

        @Test("Stale state is refused: a replica that no quorum ever confirmed, and a token that it has not reached")
        func stale() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let node = federation.nodes[0]
                let sealed = try await node.encrypt("eu/acme/orders", [1])
                let runtime = try #require(node.runtime)
                let future = ConsistencyToken(
                    group: runtime.group.rawValue, index: runtime.gauge.commit.rawValue + 1_000_000)
                #expect(!node.keys.isCurrent(future))
                let waiting = await refusal {
                    try await node.keys.waitUntilCurrent(node.context(token: future, within: .milliseconds(50)))
                }
                #expect(waiting?.code == .stale)
                // The same rows behind a gauge that was never published: as after a restart without a quorum.
                node.placements.insert(
                    PlacementRuntime(
                        name: runtime.name, group: runtime.group, view: runtime.view,
                        gauge: GroupGauge(group: runtime.group)))
                #expect(await refusal { try await node.encrypt("eu/acme/orders", [1]) }?.code == .stale)
                #expect(await refusal { try await node.decrypt(sealed.ciphertext) }?.code == .stale)
                node.placements.insert(runtime)
                #expect(try await node.decrypt(sealed.ciphertext).plaintext == [1])
            }
        }

        @Test("Policies are stored with a version, explained to operators and hidden from others")
        func policies() async throws {
            try await Federation.run { federation in
                try await federation.allow([.group(.use)])
                let node = federation.nodes[0]
                let stored = try await node.keys.policy(
                    named: "shop", of: "eu", in: node.context(Federation.operatorID))
                #expect(stored.version == 1 && stored.statements.map(\.id) == ["all"])
                let other = federation.nodes[1]
                let elsewhere = try await other.keys.policy(
                    named: "shop", of: "eu", in: other.context(Federation.operatorID))
                #expect(elsewhere.document == "# What a test needs.\n")
                let told = try await node.keys.explain(
                    Federation.workload, .encrypt, key: "eu/acme/orders", entries: [],
                    in: node.context(Federation.operatorID))
                #expect(told.decision.isAllowed && told.decision.statements == ["shop/all"])
                #expect(
                    await refusal { try await node.keys.policies(of: "eu", in: node.context()) }?.code
                        == .permissionDenied)
            }
        }
    }
}
