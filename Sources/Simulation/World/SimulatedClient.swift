import KeyModel
import Raft

/// A caller that writes and reads keys of one placement after the other, one call at a time, and repeats a call whose
/// fate it does not know under the same idempotency key.
struct SimulatedClient {
    enum Call {
        case write(KeyCommand, payload: [UInt8])
        case read
    }

    struct Pending {
        var call: Call
        var group: GroupID
        var name: KeyName
        var asked: UInt64
        /// Of this attempt.
        var operation: UInt64
        var attemptAsked: UInt64
        var node: Int
        var attempts = 1

        /// For a reader.
        var words: String {
            switch call {
            case .write(let command, _): String("\(command.body)".prefix { $0 != "(" }) + " \(name)"
            case .read: "read \(name)"
            }
        }
    }

    let number: Int
    var pending: Pending?

    init(number: Int) { self.number = number }
}
