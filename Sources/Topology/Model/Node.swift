extension FederationTopology {
    /// One `clavigerd` process.
    package struct Node: Sendable, Equatable {
        package let name: String
        /// 1…65535, never given to another node: it is the upper half of the node's replica id.
        package let number: UInt16
        package let region: String
        /// A host name or an address without a port.
        package let host: String
        /// mTLS between nodes.
        package let peerPort: UInt16
        /// gRPC for callers.
        package let apiPort: UInt16
        /// Plain HTTP: `/metrics`, `/healthz`, `/readyz`.
        package let metricsPort: UInt16

        package init(
            name: String, number: UInt16, region: String, host: String, peerPort: UInt16, apiPort: UInt16,
            metricsPort: UInt16
        ) {
            self.name = name
            self.number = number
            self.region = region
            self.host = host
            self.peerPort = peerPort
            self.apiPort = apiPort
            self.metricsPort = metricsPort
        }

        /// `host:port`, where callers connect. An IPv6 address gets its brackets.
        package var apiEndpoint: String { Self.endpoint(host, apiPort) }

        /// `host:port`, where other nodes connect. An IPv6 address gets its brackets.
        package var peerEndpoint: String { Self.endpoint(host, peerPort) }

        private static func endpoint(_ host: String, _ port: UInt16) -> String {
            host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
