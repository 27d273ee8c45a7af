import NIOCore

/// The end of one attempt to connect, whichever comes first: the server's SETTINGS, a failure, or the time limit.
/// Confined to its loop.
final class ConnectAttempt {
    var onEnd: ((Bool) -> Void)?
    var channel: (any Channel)?
    private var timer: Scheduled<Void>?

    init(loop: any EventLoop, timeout: TimeAmount) {
        timer = loop.assumeIsolated().scheduleTask(in: timeout) { self.fail() }
    }

    var isUnderWay: Bool { onEnd != nil }

    func succeed() { end(true) }

    func fail() {
        guard onEnd != nil else { return }
        end(false)
        channel?.close(promise: nil)
    }

    private func end(_ isReady: Bool) {
        timer?.cancel()
        timer = nil
        let body = onEnd
        onEnd = nil
        body?(isReady)
    }
}
