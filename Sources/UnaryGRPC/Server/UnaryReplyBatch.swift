package import NIOCore

/// Many replies that become due together, as after one synced write: one hop for each event loop, one flush for each
/// connection.
package struct UnaryReplyBatch: Sendable {
    private var byLoop: [(loop: UnaryLoop, replies: [(UnaryCall, UnaryReply)])] = []

    package init() {}

    /// Adds a reply.
    package mutating func respond(_ call: UnaryCall, _ message: ByteBuffer) { add(call, .message(message)) }

    /// Adds a failure.
    package mutating func fail(_ call: UnaryCall, _ status: GRPCStatus) { add(call, .failure(status)) }

    private mutating func add(_ call: UnaryCall, _ reply: UnaryReply) {
        guard call.claim() else { return }
        let loop = call.loop
        if let index = byLoop.firstIndex(where: { $0.loop === loop }) {
            byLoop[index].replies.append((call, reply))
        } else {
            byLoop.append((loop, [(call, reply)]))
        }
    }

    /// Releases what was gathered; the batch is empty afterwards.
    package mutating func send() {
        for entry in byLoop { entry.loop.post(entry.replies) }
        byLoop.removeAll(keepingCapacity: true)
    }
}
