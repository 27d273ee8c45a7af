import NIOCore

/// Everything about one peer of the address book. Used on the network's event loop only.
final class PeerLink {
    var address: PeerAddress
    /// A connection that this node dials, up to its opening.
    var dialing: PeerConnection?
    /// The open consensus connections: the one that this node dialed, on which it sends, and the peer's.
    var outbound: PeerConnection?
    var inbound: PeerConnection?
    /// The peer's process behind those; nil while there is none. It begins with the first connection and ends with the
    /// first loss of one.
    var session: Session?
    var backoff: Backoff
    var redial: Scheduled<Void>?
    /// Whether this address has ever answered: a refused dial then means that the process is gone, not a wrong address.
    var hasAnswered = false

    /// This node's bulk connection, dialed at the first call.
    var bulk: PeerConnection?
    /// Calls that wait for the bulk connection.
    var waiting: [PendingCall] = []
    /// Bytes of the bodies of unanswered calls.
    var callBytes = 0
    /// Calls of the peer that run here.
    var servedCalls = 0

    struct Session {
        var identity: PeerIdentity
        var process: UInt64
    }

    init(address: PeerAddress, backoff: Backoff) {
        self.address = address
        self.backoff = backoff
    }
}
