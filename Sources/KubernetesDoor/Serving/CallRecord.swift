import Logging
import Telemetry

/// What the log says of one call: who asked is the API server's `uid`, the only thing to find the call by in its log.
struct CallRecord {
    private let name: String
    private let uid: String
    private let logger: Logger
    private let started = ContinuousClock.now

    init(_ name: String, uid: String, _ logger: Logger) {
        self.name = name
        self.uid = String(uid.prefix(64))
        self.logger = logger
    }

    func succeeded(keyID: String) {
        logger.info("\(name)", metadata: metadata(keyID))
    }

    func failed(_ refusal: PluginRefusal, keyID: String?) {
        var metadata = metadata(keyID)
        metadata[LogKey.errorCode] = "\(refusal.kind)"
        metadata[LogKey.errorReason] = "\(refusal.message)"
        logger.warning("\(name) refused", metadata: metadata)
    }

    private func metadata(_ keyID: String?) -> Logger.Metadata {
        let (seconds, attoseconds) = (ContinuousClock.now - started).components
        var metadata: Logger.Metadata = [
            LogKey.requestID: "\(uid)",
            LogKey.durationMilliseconds: "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)",
        ]
        if let keyID { metadata[LogKey.keyID] = "\(keyID.prefix(64))" }
        return metadata
    }
}
