/// How much may be under way to one follower without an answer.
package struct InflightLimits: Hashable, Sendable {
    package var messages: Int
    /// Zero means no limit.
    package var bytes: UInt64

    package init(messages: Int, bytes: UInt64) {
        self.messages = messages
        self.bytes = bytes
    }
}

/// Appends sent to a follower and not acknowledged, oldest first.
struct InflightWindow {
    private struct Sent {
        var lastIndex: LogIndex
        var bytes: UInt64
    }

    private let limits: InflightLimits
    private var sent: [Sent] = []
    /// `sent[..<head]` is acknowledged; dropped now and then in one go.
    private var head = 0
    private var bytes: UInt64 = 0

    init(limits: InflightLimits) { self.limits = limits }

    var count: Int { sent.count - head }
    var isFull: Bool { count >= limits.messages || (limits.bytes != 0 && bytes >= limits.bytes) }

    mutating func add(lastIndex: LogIndex, bytes size: UInt64) {
        sent.append(Sent(lastIndex: lastIndex, bytes: size))
        bytes += size
    }

    /// Frees what an acknowledgement of `index` covers.
    mutating func free(through index: LogIndex) {
        while head < sent.count, sent[head].lastIndex <= index {
            bytes -= sent[head].bytes
            head += 1
        }
        if head * 2 >= sent.count {
            sent.removeFirst(head)
            head = 0
        }
    }

    mutating func reset() {
        sent.removeAll()
        head = 0
        bytes = 0
    }
}
