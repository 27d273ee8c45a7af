import NIOCore
import NIOHTTP2

/// Times and the drain of one connection.
struct ConnectionLifetime {
    enum Drain { case no, announced, final }

    var drain = Drain.no
    var isGreeted = false
    /// Nothing was read since the last keepalive check.
    var isSilent = false
    var isAwaitingKeepalive = false
    var lastActive = NIODeadline.now()
    var expiry: (at: NIODeadline, timer: Scheduled<Void>)?
    var timers: [Scheduled<Void>] = []
    var keepalive: Scheduled<Void>?

    static let drainPing = HTTP2PingData(withInteger: 0x636C_6176_6472_6169)
    static let keepalivePing = HTTP2PingData(withInteger: 0x636C_6176_6B65_6570)
}

extension ServerConnection {
    private var eventLoop: any EventLoop { loop.eventLoop }

    private func after(_ amount: TimeAmount, _ body: @escaping (ServerConnection) -> Void) -> Scheduled<Void> {
        eventLoop.assumeIsolated().scheduleTask(in: amount) { [weak self] in
            if let self { body(self) }
        }
    }

    func startLifetime() {
        lifetime.timers.append(
            after(configuration.handshakeTimeout) { if !$0.lifetime.isGreeted { $0.closeNow() } })
        if let age = configuration.maximumAge {
            let spread = age.nanoseconds / 10
            let jitter = TimeAmount.nanoseconds(spread > 0 ? Int64.random(in: -spread...spread) : 0)
            lifetime.timers.append(after(age + jitter) { $0.drain() })
        }
        if let idle = configuration.idleTimeout { armIdle(idle) }
        if let interval = configuration.keepaliveInterval { armKeepalive(interval) }
    }

    func endLifetime() {
        for timer in lifetime.timers { timer.cancel() }
        lifetime.timers = []
        lifetime.keepalive?.cancel()
        lifetime.expiry?.timer.cancel()
        lifetime.expiry = nil
    }

    private func armIdle(_ idle: TimeAmount) {
        let wait = max(.milliseconds(10), (lifetime.lastActive + idle) - .now())
        lifetime.timers = lifetime.timers.suffix(3)
        lifetime.timers.append(
            after(wait) { connection in
                if connection.calls.isEmpty, connection.lifetime.lastActive + idle <= .now() {
                    connection.drain()
                } else {
                    connection.armIdle(idle)
                }
            })
    }

    private func armKeepalive(_ wait: TimeAmount) {
        lifetime.keepalive = after(wait) { $0.checkKeepalive() }
    }

    private func checkKeepalive() {
        guard let interval = configuration.keepaliveInterval else { return }
        guard lifetime.isSilent else {
            lifetime.isSilent = true
            lifetime.isAwaitingKeepalive = false
            return armKeepalive(interval)
        }
        if lifetime.isAwaitingKeepalive { return closeNow() }
        lifetime.isAwaitingKeepalive = true
        write(.ping(ConnectionLifetime.keepalivePing, ack: false), on: .rootStream)
        context?.flush()
        armKeepalive(configuration.keepaliveTimeout)
    }

    // MARK: - Deadlines of calls

    /// One timer for all calls of the connection, at the earliest expiry. Most fire on nothing.
    func armExpiry(_ at: NIODeadline) {
        if let armed = lifetime.expiry {
            guard at < armed.at else { return }
            armed.timer.cancel()
        }
        lifetime.expiry = (at, after(at - .now()) { $0.sweep() })
    }

    private func sweep() {
        lifetime.expiry = nil
        let now = NIODeadline.now()
        for call in calls.values.filter({ $0.expiry <= now }) { expire(call) }
        let next = calls.values.lazy.map(\.expiry).min() ?? .distantFuture
        if next < .distantFuture { armExpiry(max(next, now + .milliseconds(1))) }
    }

    // MARK: - Drain

    func streamsChanged() {
        lifetime.lastActive = .now()
        if lifetime.drain == .final, calls.isEmpty { closeAfterFlush() }
    }

    /// Says that no new stream is wanted, lets those on the way arrive, finishes what runs, then closes.
    func drain() {
        guard lifetime.drain == .no, context != nil else { return }
        lifetime.drain = .announced
        write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil), on: .rootStream)
        write(.ping(ConnectionLifetime.drainPing, ack: false), on: .rootStream)
        context?.flush()
        lifetime.timers.append(after(min(.seconds(2), configuration.drainGrace)) { $0.finishDrain() })
        lifetime.timers.append(after(configuration.drainGrace) { $0.closeNow() })
    }

    func receivePingAck(_ data: HTTP2PingData) {
        if data == ConnectionLifetime.drainPing { finishDrain() }
    }

    private func finishDrain() {
        guard lifetime.drain == .announced else { return }
        lifetime.drain = .final
        write(.goAway(lastStreamID: lastStreamID, errorCode: .noError, opaqueData: nil), on: .rootStream)
        context?.flush()
        if calls.isEmpty { closeAfterFlush() }
    }

    /// The last reply may still wait for the flush at the end of this read or tick.
    private func closeAfterFlush() {
        _ = after(.nanoseconds(0)) { $0.closeNow() }
    }

    func closeNow() {
        context?.close(promise: nil)
    }
}
