import Raft
import Synchronization
import Wire

/// The frames that wait for each connected peer: the one place that the shard's thread and the event loop share.
final class Outboxes: Sendable {
    private struct Box {
        var replica: ReplicaID
        var frames: [PeerFrame] = []
        var bytes = 0
        /// Whether the event loop already knows that there is something to send.
        var isAnnounced = false
    }

    private struct State {
        var boxes: [UInt16: Box] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// What became of frames: how many were dropped, and whether the event loop must be woken.
    struct Outcome {
        var dropped = 0
        var mustWake = false
    }

    func put(_ frames: [PeerFrame], for peer: ReplicaID) -> Outcome {
        guard let number = peer.nodeNumber else { return Outcome(dropped: frames.count) }
        return state.withLock { state in
            guard !state.isClosed, var box = state.boxes[number], box.replica == peer else {
                return Outcome(dropped: frames.count)
            }
            state.boxes[number] = nil  // The only reference, so that appending does not copy.
            var outcome = Outcome()
            for frame in frames {
                let size = frame.estimatedBytes
                guard size <= limit - box.bytes else {
                    outcome.dropped += 1
                    continue
                }
                box.frames.append(frame)
                box.bytes += size
            }
            if !box.isAnnounced, !box.frames.isEmpty {
                box.isAnnounced = true
                outcome.mustWake = true
            }
            state.boxes[number] = box
            return outcome
        }
    }

    /// Takes frames of at least `bytes` estimated bytes, or all. After an empty answer the next `put` wakes again.
    func take(_ number: UInt16, about bytes: Int) -> [PeerFrame] {
        state.withLock { state in
            guard var box = state.boxes[number] else { return [] }
            state.boxes[number] = nil
            defer { state.boxes[number] = box }
            guard !box.frames.isEmpty else {
                box.isAnnounced = false
                return []
            }
            if box.bytes <= bytes {
                let frames = box.frames
                box.frames = []
                box.bytes = 0
                return frames
            }
            var count = 0
            var size = 0
            while count < box.frames.count, size < bytes {
                size += box.frames[count].estimatedBytes
                count += 1
            }
            let frames = Array(box.frames[..<count])
            box.frames.removeFirst(count)
            box.bytes -= size
            return frames
        }
    }

    /// A peer is connected: frames for this replica are accepted from now on.
    func open(_ number: UInt16, for replica: ReplicaID) {
        state.withLock { $0.boxes[number] = Box(replica: replica) }
    }

    /// A peer is gone. Returns how many frames went with it.
    func close(_ number: UInt16) -> Int {
        state.withLock { $0.boxes.removeValue(forKey: number)?.frames.count ?? 0 }
    }

    func isOpen(for peer: ReplicaID) -> Bool {
        guard let number = peer.nodeNumber else { return false }
        return state.withLock { $0.boxes[number]?.replica == peer }
    }

    /// The network is about to stop: nothing is accepted, nothing may be scheduled any more.
    func shut() { state.withLock { $0.isClosed = true } }

    var isShut: Bool { state.withLock { $0.isClosed } }
}
