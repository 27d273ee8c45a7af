package import UnaryGRPC

/// Why a call of `EtcdCaller` has no answer.
package struct EtcdError: Error, Sendable, CustomStringConvertible {
    package var code: GRPCCode
    package var message: String
    /// Whether a member may have done what was asked all the same.
    package var mayHaveHappened: Bool

    package init(_ code: GRPCCode, _ message: String, mayHaveHappened: Bool) {
        self.code = code
        self.message = message
        self.mayHaveHappened = mayHaveHappened
    }

    package var description: String { "\(code): \(message)" }
}
