/// Packets under way in one direction, in the order in which they were sent and will arrive.
struct PacketQueue: Sendable {
    struct Packet: Sendable {
        /// When it arrives, in nanoseconds of the monotonic clock.
        var due: Int64
        var bytes: [UInt8]
    }

    /// A gigabit for 130 ms. What the sender has under way beyond that is lost, as in a router's full buffer.
    static let byteLimit = 16 << 20

    private var packets: [Packet] = []
    /// What is before it has arrived.
    private var head = 0
    private var byteCount = 0

    var isEmpty: Bool { head == packets.count }
    var count: Int { packets.count - head }
    /// When the first arrives.
    var firstDue: Int64? { isEmpty ? nil : packets[head].due }

    /// Takes a packet that arrives at `due`, but not before those that were sent before it. False when the queue is
    /// full.
    mutating func append(_ bytes: UnsafeRawBufferPointer, due: Int64) -> Bool {
        guard byteCount + bytes.count <= Self.byteLimit else { return false }
        let last = isEmpty ? due : packets[packets.count - 1].due
        packets.append(Packet(due: max(due, last), bytes: Array(bytes)))
        byteCount += bytes.count
        return true
    }

    /// The first, if it arrives at `now` or before.
    mutating func removeFirst(dueBy now: Int64) -> [UInt8]? {
        guard let due = firstDue, due <= now else { return nil }
        let bytes = packets[head].bytes
        packets[head].bytes = []
        head += 1
        byteCount -= bytes.count
        // Each packet is moved at most once for each that has left.
        if head == packets.count {
            packets.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= packets.count {
            packets.removeFirst(head)
            head = 0
        }
        return bytes
    }

    /// All arrive at `due` or before.
    mutating func hurry(to due: Int64) {
        for index in packets.indices.dropFirst(head) where packets[index].due > due { packets[index].due = due }
    }

    /// Forgets all; returns how many there were.
    mutating func removeAll() -> Int {
        defer { self = PacketQueue() }
        return count
    }
}
