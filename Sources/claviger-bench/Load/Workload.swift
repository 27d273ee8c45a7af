import NIOCore

/// Calls of one kind. Called on several loops at once, so all it does follows from the number.
protocol Workload: Sendable {
    /// For the report: `encrypt`.
    var name: String { get }
    var method: String { get }
    /// How many things one call does; more than one for a batch.
    var itemsPerCall: Int { get }
    /// The request of this number; numbers are never given twice in a run.
    func message(_ number: UInt64) -> ByteBuffer
    /// Whether a reply with status OK is what it must be, as far as a glance tells.
    func isGood(_ reply: ByteBuffer) -> Bool
}

/// Requests that are made before the run and sent in turn, for calls that may be repeated.
struct CannedWorkload: Workload {
    let name: String
    let method: String
    var itemsPerCall = 1
    let messages: [ByteBuffer]
    /// A shorter reply is an error.
    let leastReplyBytes: Int

    func message(_ number: UInt64) -> ByteBuffer { messages[Int(number % UInt64(messages.count))] }

    func isGood(_ reply: ByteBuffer) -> Bool { reply.readableBytes >= leastReplyBytes }
}
