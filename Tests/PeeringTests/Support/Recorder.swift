import Peering
import Synchronization
import Wire

/// A delegate that remembers everything and can be waited on.
final class Recorder: PeerNetworkDelegate {
    struct Record: Sendable {
        var connected: [PeerIdentity] = []
        var hellos: [PeerHello] = []
        var disconnected: [PeerDisconnect] = []
        var frames: [PeerFrame] = []
        var refusals: [String] = []
        /// Why peers are refused, by name.
        var refusing: [String: String] = [:]
    }

    private struct Waiter {
        var condition: @Sendable (Record) -> Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var record = Record()
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())

    var record: Record { state.withLock { $0.record } }

    func change(_ body: (inout Record) -> Void) {
        let ready = state.withLock { state -> [Waiter] in
            body(&state.record)
            let ready = state.waiters.filter { $0.condition(state.record) }
            state.waiters.removeAll { $0.condition(state.record) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func wait(until condition: @escaping @Sendable (Record) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if condition(state.record) { return true }
                state.waiters.append(Waiter(condition: condition, continuation: continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    func peerWillConnect(_ peer: PeerIdentity, hello: PeerHello) -> String? { record.refusing[peer.name] }

    func peerDidConnect(_ peer: PeerIdentity, hello: PeerHello) {
        change {
            $0.connected.append(peer)
            $0.hellos.append(hello)
        }
    }

    func peerDidDisconnect(_ peer: PeerIdentity, because reason: PeerDisconnect) {
        change { $0.disconnected.append(reason) }
    }

    func peer(_ peer: PeerIdentity, sent frames: [PeerFrame]) { change { $0.frames += frames } }

    func peerDidRefuse(_ peer: PeerAddress, because reason: String) { change { $0.refusals.append(reason) } }
}
