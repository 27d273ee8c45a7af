import Logging
import NIOCore
import Raft
import Synchronization
import Wire

/// Requests and answers on the bulk connections.
extension PeerEngine {
    /// From any task. Bounded by `timeout`, which includes dialing; cancelling the task does not end it earlier.
    func call(
        _ service: PeerService, on peer: ReplicaID, body: [UInt8], timeout: Duration
    ) async throws(PeeringError) -> [UInt8] {
        guard body.count <= WireLimits.callBytes else {
            throw .tooLarge(bytes: body.count, limit: WireLimits.callBytes)
        }
        guard let number = peer.nodeNumber, !outboxes.isShut else { throw .notConnected }
        let answer: PendingCall.Answer = await withCheckedContinuation { continuation in
            loop.execute {
                let call = PendingCall(
                    service: service, body: body, timeout: TimeAmount(timeout), on: self.loop,
                    continuation: continuation)
                self.begin(call, on: peer, number: number)
            }
        }
        return try answer.get()
    }

    private func begin(_ call: PendingCall, on peer: ReplicaID, number: UInt16) {
        guard isRunning, let link = links[number] else { return call.finish(.failure(.notConnected)) }
        if let connected = link.bulk?.identity?.replica ?? link.session?.identity.replica, connected != peer {
            return call.finish(.failure(.notConnected))
        }
        guard call.body.count <= configuration.limits.queueBytes - link.callBytes else {
            return call.finish(.failure(.refused("too many calls wait for this peer")))
        }
        meter.update { $0.callsSent += 1 }
        call.replica = peer
        link.callBytes += call.body.count
        call.onFinish = { link.callBytes -= call.body.count }
        if let bulk = link.bulk, bulk.isOpen { return transmit(call, on: bulk, of: link) }
        link.waiting.append(call)
        guard link.bulk == nil else { return }
        let connection = register(PeerConnection(engine: self, dialed: link.address, purpose: .bulk))
        link.bulk = connection
        transport?.dial(link.address, for: connection)
    }

    func bulkOpened(_ link: PeerLink) {
        guard let connection = link.bulk else { return }
        let calls = link.waiting
        link.waiting = []
        for call in calls where !call.isFinished { transmit(call, on: connection, of: link) }
    }

    func bulkEnded(_ link: PeerLink, because reason: PeerDisconnect) {
        link.bulk = nil
        let calls = link.waiting
        link.waiting = []
        let error: PeeringError = if case .refused(let text) = reason { .refused(text) } else { .notConnected }
        for call in calls { call.finish(.failure(error)) }
    }

    private func transmit(_ call: PendingCall, on connection: PeerConnection, of link: PeerLink) {
        guard connection.identity?.replica == call.replica else { return call.finish(.failure(.notConnected)) }
        let id = connection.calls.add(call)
        call.onFinish = { [weak connection] in
            link.callBytes -= call.body.count
            _ = connection?.calls.take(id)
        }
        do throws(WireError) {
            try connection.send(.call(id: id, service: call.service.rawValue, body: call.body))
        } catch {
            call.finish(.failure(.refused(error.description)))
        }
    }

    /// A peer's call: its handler runs in a task of its own, which ends with the connection.
    func serve(_ service: PeerService, id: UInt64, body: [UInt8], on connection: PeerConnection) {
        guard let link = link(of: connection), let identity = connection.identity else { return }
        guard let handler = handlers.withLock({ $0[service] }) else {
            return reply(.failure(id: id, reason: "no such service"), on: connection)
        }
        guard link.servedCalls < configuration.limits.concurrentCalls, connection.serving[id] == nil else {
            meter.update { $0.callsRefused += 1 }
            return reply(.failure(id: id, reason: "too many calls at a time"), on: connection)
        }
        link.servedCalls += 1
        meter.update { $0.callsServed += 1 }
        let number = link.address.number
        connection.serving[id] = Task {
            let answer: PeerEnvelope
            do {
                let bytes = try await handler(identity, body)
                answer =
                    bytes.count <= WireLimits.callBytes
                    ? .answer(id: id, body: bytes) : .failure(id: id, reason: "the answer is too large")
            } catch let error as PeeringError {
                if case .refused(let text) = error {
                    answer = .failure(id: id, reason: text)
                } else {
                    answer = .failure(id: id, reason: error.description)
                }
            } catch {
                answer = .failure(id: id, reason: String(describing: error))
            }
            self.served(answer, id: id, number: number, on: connection)
        }
    }

    private func served(_ answer: PeerEnvelope, id: UInt64, number: UInt16, on connection: PeerConnection) {
        guard !outboxes.isShut else { return }
        loop.execute {
            if let link = self.links[number], link.servedCalls > 0 { link.servedCalls -= 1 }
            connection.serving[id] = nil
            self.reply(answer, on: connection)
        }
    }

    private func reply(_ answer: PeerEnvelope, on connection: PeerConnection) {
        do throws(WireError) {
            try connection.send(answer)
        } catch {
            logger.error("Answer not sent", metadata: ["error.type": "\(error)"])
        }
    }
}
