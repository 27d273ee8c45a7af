import ClientAPI

/// What came of a change to the federation.
struct ChangeResult: Encodable {
    let notes: [String]

    init(_ answer: Claviger_V1_ChangeResponse) { notes = answer.notes }

    var text: String { notes.isEmpty ? "done" : notes.joined(separator: "\n") }
}
