/// The ports that take bytes from others.
package enum HostilePort: String, CaseIterable, Sendable, Encodable {
    /// mTLS between nodes.
    case peer
    /// gRPC over mTLS for callers.
    case api
    /// Plain HTTP/1.1 for scrapers.
    case metrics
    /// gRPC over the unix socket of the Kubernetes plugin.
    case plugin
}
