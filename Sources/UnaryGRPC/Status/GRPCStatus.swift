/// The 17 status codes of gRPC. Source: grpc/grpc, doc/statuscodes.md.
package enum GRPCCode: Int, Sendable, CaseIterable {
    case ok = 0
    case cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
    case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable, dataLoss
    case unauthenticated
}

/// How a call ended, and the error that a failed one throws. `message` and `metadata` travel to the peer: nothing
/// secret in them.
package struct GRPCStatus: Error, Sendable, CustomStringConvertible {
    package var code: GRPCCode
    package var message: String
    /// Trailing metadata (ASCII, lower-case names). At most `maximumMetadataEntries` are sent or kept.
    package var metadata: [String: String]
    /// False only where the call certainly never reached a handler, so that repeating it is safe whatever it does.
    package var wasProcessed: Bool

    package static let maximumMetadataEntries = 8
    package static let maximumMetadataBytes = 4096
    package static let maximumMessageBytes = 1024

    package init(
        _ code: GRPCCode, _ message: String = "", metadata: [String: String] = [:], wasProcessed: Bool = true
    ) {
        self.code = code
        self.message = message
        self.metadata = metadata
        self.wasProcessed = wasProcessed
    }

    package var description: String { "\(code) (\(code.rawValue)): \(message)" }
}

extension GRPCStatus: Equatable {
    /// Equal codes: so that a test can name the error it expects in one word.
    package static func == (a: GRPCStatus, b: GRPCStatus) -> Bool { a.code == b.code }
}
