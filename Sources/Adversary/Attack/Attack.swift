import NIOCore
import NIOPosix
import NIOSSL

/// Throws malformed input at one port, over several connections at a time.
struct Attack: Sendable {
    let port: HostilePort
    let address: SocketAddress
    let kinds: [VolleyKind]
    /// By whose certificate is shown.
    let contexts: [Disguise: NIOSSLContext]
    let group: any EventLoopGroup

    /// Connections that are worked on at a time: few for few inputs, so that each lane comes to deal every kind.
    private static func lanes(for inputs: Int) -> Int { inputs < 20_000 ? 4 : 16 }
    /// Connections of one lane that only stay, beside those.
    private static let staying = 8

    /// Returns when about so many inputs were thrown, or when nobody listens any more.
    func run(inputs: Int, seed: UInt64, progress: @escaping @Sendable (Int) -> Void) async -> AttackTally {
        let clock = ContinuousClock()
        let start = clock.now
        let count = Self.lanes(for: inputs)
        let share = (inputs + count - 1) / count
        var total = tally()
        await withTaskGroup(of: AttackTally.self) { lanes in
            for lane in 0..<count {
                lanes.addTask { await self.throwAll(share, lane: lane, seed: seed) }
            }
            for await part in lanes {
                total.add(part)
                progress(total.inputs)
            }
        }
        total.seconds = (clock.now - start) / .seconds(1)
        return total
    }

    private func tally() -> AttackTally { AttackTally(port: port, kinds: kinds.map { KindTally(kind: $0.name) }) }

    private func throwAll(_ inputs: Int, lane: Int, seed: UInt64) async -> AttackTally {
        var dealer = VolleyDealer(kinds, seed: seed &+ UInt64(lane) &* 0x1_0000_0001)
        var tally = tally()
        await withTaskGroup(of: (kind: Int, volley: Volley, outcome: VolleyOutcome).self) { staying in
            var dealt = 0
            var waiting = 0
            var failed = 0
            while dealt < inputs, failed < 200, let (kind, volley) = dealer.next() {
                if case .stay = volley.ending {
                    if waiting == Self.staying, let ended = await staying.next() {
                        tally.count(ended.kind, ended.volley, ended.outcome)
                        waiting -= 1
                    }
                    waiting += 1
                    staying.addTask { (kind, volley, await self.send(volley, lane: lane)) }
                    dealt += volley.inputs
                    continue
                }
                let outcome = await send(volley, lane: lane)
                tally.count(kind, volley, outcome)
                if outcome.isConnected {
                    dealt += volley.inputs
                    failed = 0
                } else {
                    failed += 1
                    try? await Task.sleep(for: .milliseconds(10))
                }
            }
            for await ended in staying { tally.count(ended.kind, ended.volley, ended.outcome) }
        }
        return tally
    }

    private func send(_ volley: Volley, lane: Int) async -> VolleyOutcome {
        let loop = group.next()
        let done = loop.makePromise(of: VolleyOutcome.self)
        let contexts = contexts
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tamper = volley.tamper { try pipeline.addHandler(TamperHandler(tamper)) }
                    if case .tls(let disguise) = volley.entry, let context = contexts[disguise] {
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    try pipeline.addHandler(VolleyHandler(volley, done: done))
                }
            }
        do {
            _ = try await bootstrap.connect(to: address).get()
        } catch {
            // The handler may have been there already and have said how it went.
            done.succeed(VolleyOutcome(isConnected: false))
        }
        return (try? await done.futureResult.get()) ?? VolleyOutcome(isConnected: false)
    }
}
