package import ClientAPI
package import NIOCore

/// What loads stand on: who is where, and how callers of a region reach the federation.
package protocol LoadGround: Sendable {
    /// Regions of the placement's nodes, in the topology's order.
    func regions(of placement: String) -> [String]
    /// Names of the placement's holders now.
    func nodes(of placement: String) -> [String]
    /// A new client with its own connections, on an event loop of the region. It may put policies.
    func client(in region: String) async throws -> ClavigerClient
    /// Path of the socket of the region's Kubernetes plugin; throws `ChaosError` where there is none.
    func socket(in region: String, placement: String) throws -> String
    /// An event loop whose connections begin in the region.
    func eventLoop(in region: String) -> any EventLoop
    /// Nanoseconds since the beginning of the load, on a clock that no fault touches.
    var now: Int64 { get }
    /// Where etcd's members are for callers of a region; empty unless etcd is looked at.
    func etcdEndpoints(in region: String) -> [(host: String, port: Int)]
    /// Of the identities of callers.
    var trustDomain: String { get }
}

extension LoadGround {
    package var trustDomain: String { "claviger.local" }
}
