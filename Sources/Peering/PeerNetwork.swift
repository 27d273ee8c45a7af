package import Raft
package import Wire

/// Who is at the other end, as its certificate says.
package struct PeerIdentity: Hashable, Sendable {
    /// The node's name, from `spiffe://DOMAIN/region/REGION/node/NAME`.
    package var name: String
    package var region: String
    /// What the peer said in its hello and the certificate does not contradict.
    package var replica: ReplicaID

    package init(name: String, region: String, replica: ReplicaID) {
        self.name = name
        self.region = region
        self.replica = replica
    }
}

/// Why a connection ended. A reset means that the peer's process died: its followers need not wait for a timeout.
package enum PeerDisconnect: Hashable, Sendable { case closed, reset, refused(String) }

/// Called on the network's own threads; must return at once.
package protocol PeerNetworkDelegate: AnyObject, Sendable {
    /// A peer's hello has been checked by the network (chain, region, node, cluster). Return a reason to refuse the
    /// peer.
    func peerWillConnect(_ peer: PeerIdentity, hello: PeerHello) -> String?
    func peerDidConnect(_ peer: PeerIdentity, hello: PeerHello)
    func peerDidDisconnect(_ peer: PeerIdentity, because reason: PeerDisconnect)
    /// Frames in the order sent, batched by what arrived in one read.
    func peer(_ peer: PeerIdentity, sent frames: [PeerFrame])
    /// A peer that we dialed refused us, in its words. The network goes on trying.
    func peerDidRefuse(_ peer: PeerAddress, because reason: String)
}

extension PeerNetworkDelegate {
    package func peerDidRefuse(_ peer: PeerAddress, because reason: String) {}
}

/// A request from one node to another outside of consensus: epoch keys, inventories, snapshot chunks.
package struct PeerService: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
}

/// The way to the other nodes. The TLS implementation and the loopback twin stand beside this protocol.
package protocol PeerNetwork: AnyObject, Sendable {
    /// Queues frames for a connected peer; frames for another incarnation than the connected one are dropped. Never
    /// blocks; drops what exceeds the peer's bounded queue (consensus repeats it).
    func send(_ frames: [PeerFrame], to peer: ReplicaID)
    func isConnected(to peer: ReplicaID) -> Bool
    /// Calls a service of a peer on the bulk connection, apart from consensus traffic.
    func call(_ service: PeerService, on peer: ReplicaID, body: [UInt8], timeout: Duration) async throws(PeeringError)
        -> [UInt8]
    /// Answers calls of a service. Set before the network starts.
    func serve(_ service: PeerService, _ handler: @escaping @Sendable (PeerIdentity, [UInt8]) async throws -> [UInt8])
}
