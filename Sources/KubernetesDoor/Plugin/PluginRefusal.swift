/// A refusal towards the API server. The message reaches logs and API answers: it holds no secret.
package struct PluginRefusal: Error, Hashable, Sendable {
    /// Each has a gRPC code of its own.
    package enum Kind: Hashable, Sendable, CaseIterable {
        case invalidArgument, failedPrecondition, notFound, unavailable, deadlineExceeded, denied
    }

    package var kind: Kind
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    init(_ error: UpstreamError) {
        let kind: Kind =
            switch error.kind {
            case .unavailable, .versionRetired: .unavailable
            case .refused: .denied
            case .disabled: .failedPrecondition
            case .notFound: .notFound
            case .rejectedCiphertext, .invalid: .invalidArgument
            case .deadline: .deadlineExceeded
            }
        self.init(kind, error.message)
    }
}
