import NIOCore

/// One secured byte stream to a peer. Used only on the network's event loop.
protocol PeerPipe: AnyObject {
    /// False while the stream holds more than it can send soon.
    var isWritable: Bool { get }
    /// Writes and flushes.
    func write(_ bytes: ByteBuffer)
    /// Ends the stream after what was written.
    func close()
    /// Ends the stream at once, as the death of the process would.
    func sever()
}

/// How a stream ended that nobody here closed.
enum PipeEnd: Hashable, Sendable {
    /// End of file, or a reset: the other process is gone.
    case lost
    /// Nobody listens at the address.
    case connectRefused
    /// The network between is gone: timed out, unreachable.
    case unreachable
    /// TLS failed before the stream was secure.
    case insecure(String)
}

/// Makes streams. Used only on the network's event loop.
protocol PeerTransport: AnyObject, Sendable {
    /// Opens a stream to `address` and attaches it to `connection`, or tells it that it ended.
    func dial(_ address: PeerAddress, for connection: PeerConnection)
}
