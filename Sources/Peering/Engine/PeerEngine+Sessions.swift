import Logging
import NIOCore
import Raft
import Wire

/// Dialing, and what the delegate sees of a peer. All on the loop.
extension PeerEngine {
    func dial(_ link: PeerLink) {
        guard isRunning, link.dialing == nil, link.outbound == nil else { return }
        let connection = register(PeerConnection(engine: self, dialed: link.address, purpose: .consensus))
        link.dialing = connection
        transport?.dial(link.address, for: connection)
    }

    private func redial(_ link: PeerLink) {
        guard isRunning, link.redial == nil else { return }
        let number = link.address.number
        link.redial = loop.scheduleTask(in: link.backoff.next()) {
            guard let link = self.links[number] else { return }
            link.redial = nil
            self.dial(link)
        }
    }

    func opened(_ connection: PeerConnection) {
        meter.update { $0.connectionsOpened += 1 }
        guard let link = link(of: connection), let identity = connection.identity, let hello = connection.hello else {
            return connection.refuse(Refused(reason: .removed, text: "no longer in the address book"))
        }
        if connection.dialed != nil { link.hasAnswered = true }
        guard connection.purpose == .consensus else {
            if connection.dialed != nil { bulkOpened(link) }
            return
        }
        if let session = link.session {
            let occupied = connection.dialed == nil ? link.inbound : link.outbound
            if session.identity.replica != identity.replica || session.process != connection.process {
                endSession(of: link, because: .reset, saying: .goodbye)
            } else if occupied != nil {
                endSession(of: link, because: .closed, saying: .goodbye)
            }
        }
        if connection.dialed == nil {
            link.inbound = connection
        } else {
            link.dialing = nil
            link.outbound = connection
        }
        if link.session == nil {
            link.session = PeerLink.Session(identity: identity, process: connection.process)
            outboxes.open(link.address.number, for: identity.replica)
            meter.update { $0.connectedPeers += 1 }
            logger.notice("Peer connected", metadata: ["peer.id": "\(identity.name)", "region": "\(identity.region)"])
            delegate?.peerDidConnect(identity, hello: hello)
        }
        if connection.dialed != nil {
            drain(link)
        } else if link.outbound == nil, link.dialing == nil {
            // The peer is back: no reason to wait for the backoff.
            link.redial?.cancel()
            link.redial = nil
            dial(link)
        }
    }

    func ended(_ connection: PeerConnection, wasOpen: Bool, because reason: PeerDisconnect, end: PipeEnd?) {
        connections[ObjectIdentifier(connection)] = nil
        guard let link = link(of: connection) else { return }
        if connection === link.bulk { return bulkEnded(link, because: reason) }
        if connection === link.outbound || connection === link.inbound {
            let stable = connection.openedAt.map { NIODeadline.now() - $0 > .seconds(1) } ?? false
            if stable { link.backoff.reset() }
            endSession(of: link, because: reason, saying: .goodbye, except: connection)
        }
        if connection === link.dialing {
            link.dialing = nil
            if end == .connectRefused, link.hasAnswered, link.session != nil {
                endSession(of: link, because: .reset, saying: .goodbye)
            }
            redial(link)
        }
    }

    /// Tells the delegate once that the peer is gone and drops what is left of the peer's connections.
    func endSession(
        of link: PeerLink, because reason: PeerDisconnect, saying last: PeerEnvelope,
        except ended: PeerConnection? = nil
    ) {
        guard let session = link.session else { return }
        link.session = nil
        let open = [link.outbound, link.inbound].compactMap { $0 }
        let mustDial = link.outbound != nil
        link.outbound = nil
        link.inbound = nil
        let lost = outboxes.close(link.address.number)
        meter.update {
            $0.connectedPeers -= 1
            $0.framesDropped += UInt64(lost)
        }
        for connection in open where connection !== ended {
            if isSevering { connection.sever() } else { connection.end(.closed, saying: last) }
        }
        logger.notice(
            "Peer disconnected", metadata: ["peer.id": "\(session.identity.name)", "reason": "\(reason)"])
        delegate?.peerDidDisconnect(session.identity, because: reason)
        if mustDial, links[link.address.number] === link { redial(link) }
    }

    // MARK: Frames

    /// From any thread. One hop to the loop per burst: a box is announced once until it has been emptied.
    func send(_ frames: [PeerFrame], to peer: ReplicaID) {
        let outcome = outboxes.put(frames, for: peer)
        if outcome.dropped > 0 { meter.update { $0.framesDropped += UInt64(outcome.dropped) } }
        guard outcome.mustWake, let number = peer.nodeNumber else { return }
        loop.execute {
            if let link = self.links[number] { self.drain(link) }
        }
    }

    func becameWritable(_ connection: PeerConnection) {
        if let link = link(of: connection), link.outbound === connection { drain(link) }
    }

    /// Everything that waits becomes one write and one flush, so that small frames share TLS records; large backlogs go
    /// in parts, as fast as the stream takes them.
    private func drain(_ link: PeerLink) {
        guard let connection = link.outbound, connection.isOpen else { return }
        while connection.isWritable {
            let frames = outboxes.take(link.address.number, about: 256 << 10)
            guard !frames.isEmpty else { return }
            var buffer = ByteBufferAllocator().buffer(capacity: 4096)
            var sent: UInt64 = 0
            for frame in frames {
                do throws(WireError) {
                    let bytes = try frame.wireBytes()
                    guard bytes.count <= configuration.limits.consensusFrameBytes else {
                        throw .tooLarge(
                            field: "frame", size: bytes.count, limit: configuration.limits.consensusFrameBytes)
                    }
                    FrameReader.write(bytes, into: &buffer)
                    sent += 1
                } catch {
                    logger.error("Frame not sent", metadata: ["error.type": "\(error)"])
                }
            }
            let dropped = UInt64(frames.count) - sent
            meter.update { [sent] in
                $0.framesSent += sent
                $0.framesDropped += dropped
            }
            if buffer.readableBytes > 0 { connection.write(buffer) }
        }
    }

    func received(_ frames: [PeerFrame], on connection: PeerConnection) {
        guard let link = link(of: connection), link.inbound === connection || link.outbound === connection,
            let identity = connection.identity
        else { return }
        let own = configuration.hello.replica
        let accepted = frames.filter { $0.from == identity.replica && $0.to == own }
        let misaddressed = frames.count - accepted.count
        meter.update {
            $0.framesReceived += UInt64(accepted.count)
            $0.framesMisaddressed += UInt64(misaddressed)
        }
        if misaddressed > 0 {
            logger.warning(
                "Misaddressed frames dropped", metadata: ["peer.id": "\(identity.name)", "count": "\(misaddressed)"])
        }
        if !accepted.isEmpty { delegate?.peer(identity, sent: accepted) }
    }
}
