/// Whether everything that was ever protected opens, to what it was.
struct CiphertextCheck: Sendable {
    private(set) var findings: [Finding] = []

    /// What says of a ciphertext, and not of a node, that it does not open. The second line is what plugins make of it.
    private static let refusals: Set<String> = [
        "ciphertextRejected", "keyNotFound", "invalidKeyState",
        "invalidArgument", "notFound", "failedPrecondition",
    ]

    init(_ record: RunRecord, staleness: StalenessBounds, disabled: [String: DisabledTimes]) {
        for call in record.calls {
            guard case .decrypt(let source) = call.request else { continue }
            switch call.outcome {
            case .done(.decrypted(isRight: false)):
                findings.append(
                    Finding(
                        .unopened, "what call \(source) protected opened to something else in \(call.words)",
                        calls: [source, call.number]))
            case .refused(let code) where Self.refusals.contains(code):
                let bound = staleness[call.placement]
                let mayBeDisabled = disabled[call.subject]?.mayBeDisabled(
                    from: call.start - bound, until: call.end ?? .max)
                if mayBeDisabled ?? false { continue }
                findings.append(
                    Finding(
                        .unopened,
                        "what call \(source) protected was refused as \(code) by \(call.node ?? "a node") in "
                            + call.words, calls: [source, call.number]))
            default: continue
            }
        }
        for source in record.unopened {
            findings.append(
                Finding(.unopened, "what call \(source) protected did not open at the end", calls: [source]))
        }
    }
}
