import Logging
import NIOPosix
import Synchronization
import Telemetry
import Topology
import UnixSignals

/// Takes a renewed certificate, key or set of authorities into use while the node runs. Connections that are open stay;
/// new ones show and trust what is new.
final class IdentityKeeper: Sendable {
    private let watch: Mutex<IdentityWatch>
    /// What the certificate in force says, apart from `watch`: whoever asks must not wait for a slow disk.
    private let inForce: Mutex<CertificateSummary>
    private let install: @Sendable (IdentityMaterial) throws -> Void
    private let logger: Logger

    /// Time between two looks at the files.
    private static let interval = Duration.seconds(30)

    /// - Parameter install: puts an identity that was judged good into force, wholly or not at all.
    init(_ watch: IdentityWatch, logger: Logger, install: @escaping @Sendable (IdentityMaterial) throws -> Void) {
        self.watch = Mutex(watch)
        inForce = Mutex(watch.summary)
        self.logger = logger
        self.install = install
    }

    /// Whole days until the certificate in force ends.
    var daysLeft: Int { inForce.withLock { $0 }.daysLeft() }

    /// Looks now and then, and at SIGHUP, until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup) { await self.look(isAsked: true) }
            }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.interval)
                    if !Task.isCancelled { await self.look(isAsked: false) }
                }
            }
        }
    }

    /// Reading files and parsing certificates blocks, so it has no place among the tasks that serve calls.
    private func look(isAsked: Bool) async {
        try? await NIOThreadPool.singleton.runIfActive { self.lookNow(isAsked: isAsked) }
    }

    private func lookNow(isAsked: Bool) {
        // Held throughout: of two looks at a time the second one sees what the first one did.
        watch.withLock { watch in
            if isAsked { watch.forgetRefusal() }
            switch watch.look() {
            case .unchanged:
                if isAsked { logger.notice("identity unchanged") }
            case .refused(let error):
                logger.error(
                    "new identity refused; the former one stays in force", metadata: [LogKey.errorReason: "\(error)"])
            case .renewed(let material, let summary):
                do {
                    try install(material)
                    watch.adopt(material, summary)
                    inForce.withLock { $0 = summary }
                    logger.notice("new identity in force", metadata: ["days.left": "\(summary.daysLeft())"])
                } catch {
                    logger.error(
                        "new identity refused; the former one stays in force",
                        metadata: [LogKey.errorReason: "\(error)"])
                }
            }
        }
    }
}
