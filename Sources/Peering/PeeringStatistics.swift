/// Why a connection was ended by this node, for counting.
package enum PeerRefusal: String, Hashable, Sendable, CaseIterable {
    /// TLS failed: no certificate, wrong authority, expired, or not TLS at all.
    case tls
    /// Not exactly one URI name, or not a node's.
    case certificate
    case trustDomain
    /// Not in the address book, or not the node that was dialed.
    case unknownPeer
    case cluster
    /// The replica's number is not the node's, or is this node's own.
    case replica
    /// The hello's node or region is not the certificate's or the address book's.
    case identity
    case protocolRange
    /// The delegate refused.
    case delegate
    case malformed
    case tooLarge
    case unexpectedFrame
    case handshakeTimeout
    /// Too many connections without a finished handshake.
    case overload
    /// The peer was taken out of the address book.
    case removed
}

/// Counters since the start of a peer network.
package struct PeeringStatistics: Hashable, Sendable {
    package var connectedPeers = 0
    package var connectionsOpened: UInt64 = 0
    package var framesSent: UInt64 = 0
    package var bytesSent: UInt64 = 0
    package var framesReceived: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    /// Frames not sent: no such peer, another incarnation, a full queue, or not encodable.
    package var framesDropped: UInt64 = 0
    /// Frames received whose replica ids contradict their connection.
    package var framesMisaddressed: UInt64 = 0
    package var callsSent: UInt64 = 0
    package var callsServed: UInt64 = 0
    /// Calls refused because the peer had too many running.
    package var callsRefused: UInt64 = 0
    /// Connections ended by this node, by reason.
    package var refusals: [PeerRefusal: UInt64] = [:]
    /// Connections that a peer refused.
    package var refusedByPeers: UInt64 = 0

    package init() {}
}
