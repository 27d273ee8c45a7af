import Cluster
import KeyCrypto
import KeyModel
import KeyOperations
import KeyReplication
import Peering
import Raft
import Storage
import Testing
import Wire

extension Operations {
    /// Architecture, "Sovereignty": the attempt is always the same, to make a US node a holder of placement `eu`. Each
    /// test opens four of the five locks from the start and, but for the last, even puts the epoch key into the
    /// outsider's store.
    @Suite("Five locks, each alone enough")
    struct FiveLocks {
        static func allBut(_ lock: SovereigntyLocks) -> Set<SovereigntyLocks> {
            Set(SovereigntyLocks.allCases.filter { $0 != lock })
        }

        @Test("With all five open the placement's rows and epoch key do reach the outsider")
        func control() async throws {
            try await Federation.run(opening: Set(SovereigntyLocks.allCases)) { federation in
                let sealed = try await prepare(federation, plantsKey: false, isCompacted: true)
                try await federation.move(to: federation.nodes)
                try await eventually("the outsider opens what the placement sealed") {
                    await refusal { try await federation.outsider.decrypt(sealed) } == nil
                }
            }
        }

        @Test("Admission alone: the directory takes no group outside, and the outsider's door refuses")
        func admission() async throws {
            try await Federation.run(opening: Self.allBut(.admission)) { federation in
                let sealed = try await prepare(federation)
                #expect(
                    await refusal { try await federation.move(to: federation.nodes) }?.code == .sovereigntyViolation)
                let second = await refusal {
                    try await federation.nodes[0].directoryController.propose(
                        .putGroup(
                            DirectoryGroup(
                                id: 3, placement: federation.eu,
                                replicas: federation.nodes[1...].map { $0.replica.rawValue })))
                }
                #expect(second?.code == .sovereigntyViolation)
                for node in federation.nodes {
                    #expect(node.keys.directory.state.groups(of: federation.eu).flatMap(\.replicas).count == 3)
                }
                #expect(await refusal { try await federation.outsider.decrypt(sealed) }?.code == .sovereigntyViolation)
                // Even with the rows and the key in its memory its door takes and gives no plaintext.
                let runtime = try #require(federation.nodes[0].runtime)
                federation.outsider.placements.insert(runtime)
                #expect(await refusal { try await federation.outsider.decrypt(sealed) }?.code == .sovereigntyViolation)
                #expect(
                    await refusal { try await federation.outsider.encrypt("eu/acme/orders", [1]) }?.code
                        == .sovereigntyViolation)
            }
        }

        @Test("Apply alone: every replica refuses the outsider as holder and as member")
        func apply() async throws {
            try await Federation.run(opening: Self.allBut(.apply)) { federation in
                let sealed = try await prepare(federation)
                try await federation.move(to: federation.nodes)
                try await eventually("the outsider has made its replica") { federation.outsider.runtime != nil }
                let outsider = federation.outsider
                let state = outsider.keys.directory.state
                let sealingKey = try #require(state.node(replica: outsider.replica.rawValue)?.sealingKey)
                let holder = Holder(
                    replica: outsider.replica.rawValue, node: outsider.name, region: "us-east", jurisdictions: ["US"],
                    sealingKey: sealingKey)
                let command = KeyCommand(
                    .admitHolder(holder), header: CommandHeader(proposedAt: 1, principal: "node/node-1"))
                let applied = try await federation.nodes[0].cluster.propose(
                    KeyCommandCodec.encode(command), to: GroupID(2), timeout: .seconds(20))
                let outcome = try #require(applied.outcome as? CommandOutcome)
                #expect(outcome.refusal?.code == .sovereigntyViolation)
                let isMember = try await federation.nodes[0].cluster.changeMembership(
                    MembershipChange(changes: [.init(.addLearner, outsider.replica)]), of: GroupID(2),
                    timeout: .seconds(20))
                #expect(!isMember)
                for node in federation.holders {
                    #expect(node.runtime?.view.holders.map(\.replica) == federation.holders.map(\.replica.rawValue))
                    let members = await node.cluster.statuses().first { $0.group == GroupID(2) }?.membership
                    #expect(members?.voters == federation.holders.map(\.replica) && members?.learners == [])
                }
                try await expectNothing(at: outsider, of: sealed)
            }
        }

        @Test(
            "Send alone: no entry, heartbeat, snapshot or epoch key leaves for a member outside",
            arguments: [false, true])
        func send(isCompacted: Bool) async throws {
            try await Federation.run(opening: Self.allBut(.send)) { federation in
                let sealed = try await prepare(federation, isCompacted: isCompacted)
                try await federation.move(to: federation.nodes)
                try await eventually("the outsider is a member, and much is held back from it") {
                    let leader = federation.holders.first { $0.runtime?.gauge.isLeader ?? false }
                    return federation.outsider.runtime != nil && (leader?.cluster.withheldFrames.sent ?? 0) > 10
                        && leader?.runtime?.view.holders.count == 4
                }
                #expect(await fetchRefusal(federation).contains("outside placement"))
                try await expectNothing(at: federation.outsider, of: sealed)
            }
        }

        @Test(
            "Receive alone: the outsider makes no replica, and a replica forced on it takes nothing in",
            arguments: [false, true])
        func receive(isCompacted: Bool) async throws {
            try await Federation.run(opening: Self.allBut(.receive)) { federation in
                let sealed = try await prepare(federation, isCompacted: isCompacted)
                try await federation.move(to: federation.nodes)
                let outsider = federation.outsider
                try await eventually("the others take it for a holder and send") {
                    federation.nodes[0].runtime?.view.holders.count == 4 && outsider.cluster.withheldFrames.received > 0
                }
                #expect(
                    await refusal { try await outsider.placementController.reconcile() }?.code == .sovereigntyViolation)
                #expect(outsider.runtime == nil)
                let view = KeyView()
                let gauge = try await outsider.cluster.createGroup(
                    GroupSpecification(group: GroupID(2), membership: Membership(), label: Array("eu".utf8)),
                    machine: KeyReplica(view: view, enforcement: .off))
                outsider.placements.insert(
                    PlacementRuntime(name: federation.eu, group: GroupID(2), view: view, gauge: gauge))
                let before = outsider.cluster.withheldFrames.received
                try await eventually("more is turned away") { outsider.cluster.withheldFrames.received > before + 10 }
                try await expectNothing(at: outsider, of: sealed)
            }
        }

        @Test("A node outside has no say in the placement's group: it cannot depose, stop or mislead anybody")
        func noSay() async throws {
            try await Federation.run(opening: []) { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let outsider = federation.outsider
                let far = UInt64(1) << 40
                for holder in federation.holders {
                    // The first two would halt the replica as one that lost acknowledged entries, or bring a new term.
                    outsider.network.send(
                        [
                            .message(
                                group: GroupID(2),
                                Message(
                                    kind: .heartbeat, to: holder.replica, from: outsider.replica, term: Term(far),
                                    commit: LogIndex(far))),
                            .beats(
                                [Beat(group: GroupID(2), term: Term(far), commit: LogIndex(far), isResponse: false)],
                                from: outsider.replica, to: holder.replica),
                            .message(
                                group: GroupID(2),
                                Message(
                                    kind: .append, to: holder.replica, from: outsider.replica, term: Term(far),
                                    logTerm: Term(1), index: LogIndex(1), commit: LogIndex(far))),
                        ], to: holder.replica)
                }
                try await eventually("all of it is turned away") {
                    federation.holders.allSatisfy { $0.cluster.withheldFrames.received >= 3 }
                }
                for holder in federation.holders {
                    let status = try #require(await holder.cluster.statuses().first { $0.group == GroupID(2) })
                    #expect(status.term < Term(far))
                    #expect(status.stopped == nil)
                }
                let sealed = try await federation.nodes[0].encrypt("eu/acme/orders", [42])
                #expect(try await federation.nodes[0].decrypt(sealed.ciphertext).plaintext == [42])
            }
        }

        @Test("Wrap alone: the outsider has every row and can open none, because nobody gives it the epoch key")
        func wrap() async throws {
            try await Federation.run(opening: Self.allBut(.wrap)) { federation in
                let sealed = try await prepare(federation, plantsKey: false, isCompacted: true)
                try await federation.move(to: federation.nodes)
                let outsider = federation.outsider
                let acme = try TenantName("acme")
                try await eventually("the rows have strayed, and the outsider is fresh") {
                    outsider.runtime?.view.keyCount == 1 && outsider.runtime?.age(now: monotonicNow()) != nil
                        && outsider.runtime?.view.tenant(acme) != nil
                }
                #expect(await fetchRefusal(federation).contains("outside placement"))
                #expect(await refusal { try await outsider.decrypt(sealed) }?.code == .sealed)
                #expect(outsider.epochs.list().isEmpty)
                let tenant = try #require(outsider.runtime?.view.tenant(acme)?.current)
                let hierarchy = try KeyHierarchy(cluster: Federation.cluster)
                let guess = try hierarchy.generateKey()
                let scope = WrapScope.tenantKey(placement: "eu", tenant: "acme", tenantKey: 1, epoch: 1)
                #expect(throws: CryptoError.self) {
                    _ = try hierarchy.unwrap(tenant.wrapped.bytes, under: guess, scope: scope).count
                }
            }
        }

        // MARK: Steps

        /// A key in use, and the epoch key in the wrong hands already if asked for. Returns a ciphertext.
        private func prepare(_ federation: Federation, plantsKey: Bool = true, isCompacted: Bool = false) async throws
            -> [UInt8]
        {
            try await federation.allow()
            _ = try await federation.makeKey()
            let sealed = try await federation.nodes[0].encrypt("eu/acme/orders", [42])
            if plantsKey {
                let secret = try #require(federation.nodes[0].epochs.get(placement: "eu", epoch: 1))
                _ = try federation.outsider.epochs.put(secret.bytes, placement: "eu", epoch: 1)
            }
            if isCompacted {
                // A newcomer needs a snapshot then, whoever leads.
                for node in federation.holders {
                    let isDone = await node.cluster.inspect { store in
                        guard let applied = try? store.groups().first(where: { $0.group == GroupID(2) })?.applied else {
                            return false
                        }
                        return (try? store.compact(GroupID(2), through: applied.index)) != nil
                    }
                    #expect(isDone)
                }
            }
            return sealed.ciphertext
        }

        /// How a holder answers when the outsider asks it for the epoch key.
        private func fetchRefusal(_ federation: Federation) async -> String {
            do {
                _ = try await federation.outsider.network.call(
                    .epochFetch, on: federation.nodes[1].replica, body: EpochKeys.body(number: 1), timeout: .seconds(20)
                )
                return "nothing was refused"
            } catch {
                return "\(error)"
            }
        }

        /// No row of the placement is in the node's memory or store, and its door opens nothing.
        private func expectNothing(at node: FederationNode, of sealed: [UInt8]) async throws {
            let view = try #require(node.runtime?.view)
            #expect(view.placement == nil && view.keyCount == 0 && view.tenants.isEmpty && view.epochs.isEmpty)
            let rows = await node.cluster.inspect { store in
                (try? store.table(of: GroupID(2)).rows(withPrefix: [], after: nil, limit: 100).count) ?? -1
            }
            #expect(rows == 0)
            #expect(await refusal { try await node.decrypt(sealed) } != nil)
        }
    }
}
