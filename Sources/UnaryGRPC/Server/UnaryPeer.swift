package import NIOCore

/// Who is at the other end of a connection. One object per connection.
package final class UnaryPeer: Sendable {
    /// What the kernel says about the process that connected to a unix socket.
    package struct Credentials: Sendable, Hashable {
        package var pid: Int32
        package var uid: UInt32
        package var gid: UInt32
    }

    /// The one URI name of the verified client certificate. Nil on a unix socket.
    package let identity: String?
    package let address: SocketAddress?
    /// Nil on TCP.
    package let credentials: Credentials?
    /// Differs for each connection of this process.
    package let number: UInt64

    package init(identity: String?, address: SocketAddress?, credentials: Credentials?, number: UInt64) {
        self.identity = identity
        self.address = address
        self.credentials = credentials
        self.number = number
    }
}
