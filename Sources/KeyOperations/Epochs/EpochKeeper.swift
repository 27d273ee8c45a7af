import Cluster
package import KeyCrypto
package import KeyModel
import KeyReplication
package import Peering
import Raft

extension PeerService {
    /// Brings an epoch key to a holder, sealed to it; the answer is the holder's durable receipt.
    package static let epochDeliver = PeerService(rawValue: 16)
    /// Asks a holder for an epoch key; the answer is the key, sealed to the one that asks.
    package static let epochFetch = PeerService(rawValue: 17)
}

/// Sees to it that every holder of a placement has its epoch keys, and nobody else ever does.
///
/// A new epoch key is made by the group's leader, announced in the log by its check value, delivered to the holders,
/// and wraps its first byte only after a majority of them in two failure domains has returned durable receipts. A
/// holder that lacks a key fetches it from another. The key itself is never in the log.
package final class EpochKeeper: Sendable {
    private let service: KeyService
    private let keys: NodeKeys
    private let network: any PeerNetwork
    private let observe: @Sendable (String, PlacementName) -> Void

    package init(
        service: KeyService, keys: NodeKeys, network: any PeerNetwork,
        observe: @escaping @Sendable (String, PlacementName) -> Void
    ) {
        self.service = service
        self.keys = keys
        self.network = network
        self.observe = observe
        network.serve(.epochDeliver) { [weak self] peer, body in
            guard let self else { throw KMSError(.overloaded, "the node is shutting down") }
            return try await self.receive(body, from: peer)
        }
        network.serve(.epochFetch) { [weak self] peer, body in
            guard let self else { throw KMSError(.overloaded, "the node is shutting down") }
            return try await self.give(body, to: peer)
        }
    }

    /// Works for all placements of this node until cancelled.
    package func run() async {
        while !Task.isCancelled {
            for runtime in service.placements.all {
                do {
                    try await tend(runtime)
                } catch {
                    observe("\(error)", runtime.name)
                }
            }
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    private var own: UInt64 { service.cluster.replica.rawValue }

    private func tend(_ runtime: PlacementRuntime) async throws(KMSError) {
        guard runtime.view.placement != nil, runtime.view.holders.contains(where: { $0.replica == own }) else { return }
        for epoch in runtime.view.epochs where epoch.state != .retired {
            if service.materials.epochs.get(placement: runtime.name.rawValue, epoch: epoch.number.rawValue) == nil {
                await fetch(epoch, at: runtime)
            }
        }
        guard runtime.gauge.isLeader else { return }
        guard let last = runtime.view.epochs.max(by: { $0.number < $1.number }) else {
            return try await begin(.first, at: runtime)
        }
        if service.materials.epochs.get(placement: runtime.name.rawValue, epoch: last.number.rawValue) == nil {
            // Nobody who is reachable has the key of a pending epoch: it never wrapped anything, so it may be given up.
            guard last.state == .pending else { return }
            try await propose(.retireEpoch(last.number), at: runtime)
            return try await begin(EpochNumber(last.number.rawValue + 1), at: runtime)
        }
        try await spread(last, at: runtime)
    }

    private func begin(_ number: EpochNumber, at runtime: PlacementRuntime) async throws(KMSError) {
        do {
            let secret = try service.materials.hierarchy.generateKey()
            let receipt = try service.materials.epochs.put(
                secret, placement: runtime.name.rawValue, epoch: number.rawValue)
            try await propose(.beginEpoch(number, keyCheckValue: receipt.checkValue), at: runtime)
            try await propose(.recordReceipt(number, replica: own, digest: receipt.digest), at: runtime)
        } catch let error as KMSError {
            throw error
        } catch CryptoError.epochConflict {
            // An earlier try stored a key that the log never heard of; it has wrapped nothing.
            _ = try? service.materials.epochs.remove(placement: runtime.name.rawValue, epoch: number.rawValue)
        } catch {
            throw KMSError(.internalError, "an epoch key could not be made", cause: error)
        }
    }

    /// Delivers to holders without a receipt, and activates the epoch once enough have one.
    private func spread(_ epoch: Epoch, at runtime: PlacementRuntime) async throws(KMSError) {
        var epoch = epoch
        for holder in runtime.view.holders where !epoch.receipts.contains(where: { $0.replica == holder.replica }) {
            let digest: [UInt8]
            if holder.replica == own {
                digest = try receipt(epoch, of: own, at: runtime)
            } else {
                guard let answer = try? await deliver(epoch, to: holder, at: runtime) else { continue }
                digest = answer
            }
            guard digest == (try receipt(epoch, of: holder.replica, at: runtime)) else { continue }
            if case .epoch(let next) = try await propose(
                .recordReceipt(epoch.number, replica: holder.replica, digest: digest), at: runtime)
            {
                epoch = next
            }
        }
        guard epoch.state == .pending, let placement = runtime.view.placement?.placement,
            epoch.obstacle(holders: runtime.view.holders, placement: placement) == nil
        else { return }
        try await propose(.activateEpoch(epoch.number), at: runtime)
    }

    private func receipt(_ epoch: Epoch, of replica: UInt64, at runtime: PlacementRuntime) throws(KMSError) -> [UInt8] {
        do {
            return try EpochReceipt.digest(
                cluster: service.clusterID, placement: runtime.name.rawValue, epoch: epoch.number.rawValue,
                replica: replica,
                checkValue: epoch.keyCheckValue)
        } catch {
            throw KMSError(.internalError, "a receipt could not be made", cause: error)
        }
    }

    @discardableResult
    private func propose(_ body: KeyCommand.Body, at runtime: PlacementRuntime) async throws(KMSError) -> CommandOutcome
    {
        let idempotency = try service.idempotency([], request: "epoch".utf8)
        return try await service.propose(
            body, at: runtime, principal: "node/\(service.node)", idempotency: idempotency, deadline: .now + .seconds(5)
        ).value
    }

    // MARK: Between nodes

    /// Third lock: before an epoch key leaves, the receiver must be a holder whose *certified* region the placement
    /// allows.
    private func check(_ peer: PeerIdentity, mayHold runtime: PlacementRuntime) throws(KMSError) -> Holder {
        let state = service.directory.state
        guard SovereigntyLocks.send.permits(region: peer.region, of: runtime, in: state),
            SovereigntyLocks.wrap.permits(region: peer.region, of: runtime, in: state)
        else {
            throw KMSError(.sovereigntyViolation, "region \(peer.region) is outside placement \(runtime.name)")
        }
        guard let holder = runtime.view.holders.first(where: { $0.replica == peer.replica.rawValue }),
            holder.region == peer.region
        else { throw KMSError(.sovereigntyViolation, "\(peer.name) is no holder of placement \(runtime.name)") }
        return holder
    }

    private func delivery(_ epoch: EpochNumber, of name: PlacementName, from sender: UInt64, to holder: Holder)
        -> EpochDelivery
    {
        let state = service.directory.state
        let identity = { (replica: UInt64) in
            state.node(replica: replica).map { Array("\($0.region)/\($0.name)".utf8) } ?? []
        }
        return EpochDelivery(
            cluster: service.clusterID, placement: name.rawValue, epoch: epoch.rawValue, sender: sender,
            receiver: holder.replica, receiverPublicKey: holder.sealingKey, senderCertificate: identity(sender),
            receiverCertificate: identity(holder.replica))
    }

    private func deliver(_ epoch: Epoch, to holder: Holder, at runtime: PlacementRuntime) async throws -> [UInt8] {
        let state = service.directory.state
        guard SovereigntyLocks.send.permits(region: holder.region, of: runtime, in: state),
            SovereigntyLocks.wrap.permits(region: holder.region, of: runtime, in: state)
        else {
            throw KMSError(.sovereigntyViolation, "region \(holder.region) is outside placement \(runtime.name)")
        }
        guard let secret = service.materials.epochs.get(placement: runtime.name.rawValue, epoch: epoch.number.rawValue)
        else {
            throw KMSError(.sealed, "epoch key \(epoch.number) is not here")
        }
        let message = try delivery(epoch.number, of: runtime.name, from: own, to: holder).seal(secret.bytes)
        var body = PeerBodyWriter()
        body.field(runtime.name.rawValue.utf8)
        body.number(UInt64(epoch.number.rawValue))
        body.field(message)
        return try await network.call(
            .epochDeliver, on: ReplicaID(holder.replica), body: body.bytes, timeout: .seconds(3))
    }

    /// A holder takes a delivered key: checked against the log's check value, on disk before the receipt is given.
    private func receive(_ bytes: [UInt8], from peer: PeerIdentity) async throws -> [UInt8] {
        var reader = try PeerBodyReader(bytes)
        let name = try PlacementName(try reader.text(limit: 64))
        let number = EpochNumber(UInt32(truncatingIfNeeded: try reader.number()))
        let message = try reader.field(limit: 8192)
        try reader.finish()
        guard let runtime = service.placements[name] else {
            throw KMSError(.sovereigntyViolation, "this node does not hold placement \(name)")
        }
        guard SovereigntyLocks.receive.permits(region: service.region.name, of: runtime, in: service.directory.state)
        else {
            throw KMSError(.sovereigntyViolation, "this node's region is outside placement \(name)")
        }
        _ = try check(peer, mayHold: runtime)
        let epoch = try await known(number, at: runtime)
        guard let holder = runtime.view.holders.first(where: { $0.replica == own }) else {
            throw KMSError(.sovereigntyViolation, "this node is no holder of placement \(name)")
        }
        let secret = try delivery(number, of: name, from: peer.replica.rawValue, to: holder).open(message, keys: keys)
        let value = try service.materials.hierarchy.checkValue(
            of: secret, placement: name.rawValue, epoch: number.rawValue)
        guard value == epoch.keyCheckValue else {
            throw KMSError(.corruption, "the delivered key is not the one that the log announces")
        }
        return try service.materials.epochs.put(secret, placement: name.rawValue, epoch: number.rawValue).digest
    }

    private func give(_ bytes: [UInt8], to peer: PeerIdentity) async throws -> [UInt8] {
        var reader = try PeerBodyReader(bytes)
        let name = try PlacementName(try reader.text(limit: 64))
        let number = EpochNumber(UInt32(truncatingIfNeeded: try reader.number()))
        try reader.finish()
        guard let runtime = service.placements[name] else {
            throw KMSError(.sovereigntyViolation, "this node does not hold placement \(name)")
        }
        let holder = try check(peer, mayHold: runtime)
        guard let secret = service.materials.epochs.get(placement: name.rawValue, epoch: number.rawValue) else {
            throw KMSError(.sealed, "epoch key \(number) is not here")
        }
        return try delivery(number, of: name, from: own, to: holder).seal(secret.bytes)
    }

    /// Asks the other holders one after the other for a key that this node lacks.
    private func fetch(_ epoch: Epoch, at runtime: PlacementRuntime) async {
        var body = PeerBodyWriter()
        body.field(runtime.name.rawValue.utf8)
        body.number(UInt64(epoch.number.rawValue))
        guard let holder = runtime.view.holders.first(where: { $0.replica == own }) else { return }
        for other in runtime.view.holders where other.replica != own {
            guard
                let message = try? await network.call(
                    .epochFetch, on: ReplicaID(other.replica), body: body.bytes, timeout: .seconds(2)),
                let secret = try? delivery(epoch.number, of: runtime.name, from: other.replica, to: holder)
                    .open(message, keys: keys),
                let value = try? service.materials.hierarchy.checkValue(
                    of: secret, placement: runtime.name.rawValue, epoch: epoch.number.rawValue),
                value == epoch.keyCheckValue,
                (try? service.materials.epochs.put(
                    secret, placement: runtime.name.rawValue, epoch: epoch.number.rawValue)) != nil
            else { continue }
            return
        }
    }

    /// The announced epoch; waits a moment for the log to bring it.
    private func known(_ number: EpochNumber, at runtime: PlacementRuntime) async throws(KMSError) -> Epoch {
        for _ in 0..<40 {
            if let epoch = runtime.view.epochs.first(where: { $0.number == number }) { return epoch }
            try? await Task.sleep(for: .milliseconds(50))
        }
        throw KMSError(.invalidKeyState, "epoch \(number) is not announced in the log")
    }
}
