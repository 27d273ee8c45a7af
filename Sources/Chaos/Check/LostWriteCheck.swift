/// Whether everything whose creation was acknowledged is there after all faults were undone.
struct LostWriteCheck: Sendable {
    /// `lostWrite` for what is gone, `unanswered` for what nobody could say: such a run shows nothing.
    private(set) var findings: [Finding] = []

    init(_ record: RunRecord) {
        var reads: [String: Bool?] = [:]
        for read in record.finalReads { reads[read.key] = .some(read.exists) }
        var acknowledged: [String: ChaosCall] = [:]
        for call in record.calls where call.isDone && Self.makes(call) {
            if acknowledged[call.subject] == nil { acknowledged[call.subject] = call }
        }
        for (key, call) in acknowledged.sorted(by: { $0.value.number < $1.value.number }) {
            switch reads[key] {
            case .some(.some(true)): continue
            case .some(.some(false)):
                findings.append(
                    Finding(.lostWrite, "\(key) is gone: \(call.words) was acknowledged", calls: [call.number]))
            case .some(nil), nil:
                findings.append(
                    Finding(
                        .unanswered, "nobody could say whether \(key) is there: \(call.words) was acknowledged",
                        calls: [call.number]))
            }
        }
    }

    private static func makes(_ call: ChaosCall) -> Bool {
        switch (call.load, call.request) {
        case (.writes, .create), (.lifecycle, .create), (.writes, .put), (.registers, .put): true
        default: false
        }
    }
}
