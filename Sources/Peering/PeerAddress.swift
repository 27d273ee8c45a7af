/// One row of a node's address book.
package struct PeerAddress: Hashable, Sendable {
    package var name: String
    package var region: String
    /// The node's number, 1 to 65,535: the upper part of its replica ids.
    package var number: UInt16
    package var host: String
    package var port: Int

    package init(name: String, region: String, number: UInt16, host: String, port: Int) {
        self.name = name
        self.region = region
        self.number = number
        self.host = host
        self.port = port
    }
}
