package import NIOCore
import Synchronization

/// What all connections of one server on one event loop share: service state, the end of the tick, and the replies that
/// come from other threads.
// SAFETY: `storage`, `hooks`, `dirty` and `isTickScheduled` are only touched on `eventLoop`; `mailbox` has its lock.
package final class UnaryLoop: @unchecked Sendable {
    package let eventLoop: any EventLoop
    private var storage: [ObjectIdentifier: AnyObject] = [:]
    private var hooks: [() -> Void] = []
    private var dirty: [ServerConnection] = []
    private var isTickScheduled = false
    private let mailbox = Mutex<[(UnaryCall, UnaryReply)]>([])

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// The one `T` of this loop, made at the first request. On the loop only.
    package func state<T: AnyObject>(_ type: T.Type, make: () -> T) -> T {
        eventLoop.assertInEventLoop()
        if let known = storage[ObjectIdentifier(type)] as? T { return known }
        let new = make()
        storage[ObjectIdentifier(type)] = new
        return new
    }

    /// Runs `body` on the loop after all calls that were read in one poll have been handled. On the loop only.
    package func onTickComplete(_ body: @escaping () -> Void) {
        eventLoop.assertInEventLoop()
        hooks.append(body)
    }

    /// Asks for the end of the tick. On the loop only.
    package func scheduleTick() {
        guard !isTickScheduled else { return }
        isTickScheduled = true
        // Tasks put on the loop while it serves its ready sockets run after all of them.
        eventLoop.execute { self.completeTick() }
    }

    private func completeTick() {
        isTickScheduled = false
        for hook in hooks { hook() }
        flushDirty()
    }

    func markDirty(_ connection: ServerConnection) {
        dirty.append(connection)
        scheduleTick()
    }

    private func flushDirty() {
        while let connection = dirty.popLast() { connection.flushReplies() }
    }

    /// Takes a reply from any thread. The first of a batch wakes the loop.
    func post(_ call: UnaryCall, _ reply: UnaryReply) {
        let isFirst = mailbox.withLock { waiting in
            waiting.append((call, reply))
            return waiting.count == 1
        }
        if isFirst { eventLoop.execute { self.drainMailbox() } }
    }

    /// Takes many replies with one wake of the loop.
    func post(_ replies: [(UnaryCall, UnaryReply)]) {
        guard !replies.isEmpty else { return }
        let isFirst = mailbox.withLock { waiting in
            defer { waiting.append(contentsOf: replies) }
            return waiting.isEmpty
        }
        if isFirst { eventLoop.execute { self.drainMailbox() } }
    }

    private func drainMailbox() {
        let replies = mailbox.withLock { waiting in
            let taken = waiting
            waiting.removeAll(keepingCapacity: true)
            return taken
        }
        for (call, reply) in replies { call.connection.write(reply, to: call) }
        flushDirty()
    }
}
