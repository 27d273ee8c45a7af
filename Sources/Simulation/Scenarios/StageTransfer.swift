import Cluster
import Raft
import Storage

/// A snapshot on its way from one node to another, chunk by chunk.
final class StageTransfer {
    let dispatch: SnapshotDispatch
    let sender: StageNode
    /// The chunk that the receiver wants next; nil before it was offered.
    var next: UInt64?

    init(dispatch: SnapshotDispatch, sender: StageNode) {
        self.dispatch = dispatch
        self.sender = sender
    }

    var chunks: UInt64 {
        let size: UInt64 = 512 << 10
        return max(1, (dispatch.offer.descriptor.totalBytes + size - 1) / size)
    }
}

extension Stage {
    /// What became of a transfer.
    enum Passage { case underWay, done, failed(String) }

    /// Carries a snapshot to its receiver at once and tells the sender how it ended.
    func carry(_ transfer: StageTransfer) {
        var passage = Passage.underWay
        while case .underWay = passage { passage = advance(transfer) }
        finish(transfer, passage)
    }

    /// Offers the snapshot, or hands over the chunk that is wanted next. `isDamaged` flips a bit of it on the way; with
    /// `isUnanswered`, power fails at the receiver when it has dealt with the chunk, before any word of that has left.
    func advance(_ transfer: StageTransfer, isDamaged: Bool = false, isUnanswered: Bool = false) -> Passage {
        let offer = transfer.dispatch.offer
        guard let receiver = nodes.first(where: { $0.replica == transfer.dispatch.to }), receiver.condition == .up,
            transfer.sender.condition == .up, !isSevered(from: transfer.sender, to: receiver),
            !isSevered(from: receiver, to: transfer.sender)
        else { return .failed("there is no way to \(StageText.name(transfer.dispatch.to))") }
        let answer = StageBox<Result<UInt64, ClusterError>>()
        var isLast = false
        if let next = transfer.next {
            do {
                var chunk = try transfer.dispatch.source.chunk(next)
                if isDamaged, !chunk.bytes.isEmpty { chunk.bytes[0] ^= 1 }
                isLast = chunk.isLast
                turn(receiver, [.snapshotChunk(offer, chunk) { answer.value = $0 }])
            } catch {
                return .failed("\(error)")
            }
        } else {
            turn(receiver, [.snapshotOffer(offer) { answer.value = $0 }])
        }
        if isUnanswered {
            receiver.losePower()
            return .failed("power fails at \(receiver.name) before it answers")
        }
        switch answer.value {
        case .success(let next)?:
            transfer.next = next
            return isLast ? .done : .underWay
        case .failure(let error)?: return .failed("\(error)")
        case nil: return .failed("no answer came")
        }
    }

    func finish(_ transfer: StageTransfer, _ passage: Passage) {
        held.removeAll { $0 === transfer }
        var succeeded = false
        if case .done = passage { succeeded = true }
        turn(
            transfer.sender,
            [.snapshotSent(transfer.dispatch.offer.group, to: transfer.dispatch.to, succeeded: succeeded)])
    }
}
