import KeyModel
import KeyOperations
import NIOCore
import Synchronization
import UnaryGRPC

/// Numbers the calls of this process, for records and logs.
enum RequestNumbers {
    private static let last = Atomic<UInt64>(0)
    static func next() -> String { String(last.wrappingAdd(1, ordering: .relaxed).newValue, radix: 36) }
}

extension UnaryCall {
    /// The caller as the use cases know it. The caller's own id for the call is taken into the record as it stands; no
    /// decision looks at it. Throws `unauthenticated` for a connection without an identity.
    func context(token: [UInt8]) throws(KMSError) -> RequestContext {
        guard let principal = peer.identity else { throw KMSError(.unauthenticated, "a client certificate is needed") }
        let now = NIODeadline.now()
        let remaining = deadline.map { max(.milliseconds(0), $0 - now) } ?? .seconds(10)
        return RequestContext(
            requestID: requestID ?? RequestContext.ownID("\(peer.number)-\(RequestNumbers.next())"),
            principal: principal,
            source: peer.address.map { "\($0)" } ?? "", door: "native", receivedAt: monotonicNow(),
            deadline: .now + .nanoseconds(remaining.nanoseconds), token: try ConsistencyToken.decode(token))
    }
}
