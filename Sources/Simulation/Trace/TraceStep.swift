/// One thing that happened in a simulated federation.
package struct TraceStep: Hashable, Sendable {
    /// What kind of thing. Messages have a number of their own, so that a sending and its receptions find each other.
    package enum Kind: Hashable, Sendable {
        /// Anything that a node does by itself.
        case local
        case send(message: UInt64, to: UInt16)
        case receive(message: UInt64, from: UInt16)
        /// It never came to who should have received it, who is the node of this step.
        case drop(message: UInt64, from: UInt16)
        case crash, restart, pause, resume
        /// A fault or its end that the words describe: a full disk, a partition, a clock that runs wrong.
        case fault
        /// What the people and controllers of the federation do.
        case management
        /// A client's request or the answer to it.
        case client
    }

    /// Of the happening that it is a part of, from 1: a message that arrives, a timer that runs out, and all that
    /// follows from it at once.
    package var number: UInt64
    /// Virtual nanoseconds since the run began.
    package var time: UInt64
    /// From 1. Nil for what concerns the whole federation, a partition for example.
    package var node: UInt16?
    /// The group of replicas it is about, or nil.
    package var group: UInt64?
    package var kind: Kind
    /// A few words for a reader, made only where the step is kept: all but they are in the hash.
    package var text: String

    package init(
        number: UInt64 = 0, time: UInt64, node: UInt16?, group: UInt64? = nil, kind: Kind, text: String = ""
    ) {
        self.number = number
        self.time = time
        self.node = node
        self.group = group
        self.kind = kind
        self.text = text
    }
}

extension TraceStep.Kind {
    /// The number of the message it is about, or nil.
    var message: UInt64? {
        switch self {
        case .send(let message, _), .receive(let message, _), .drop(let message, _): message
        case .local, .crash, .restart, .pause, .resume, .fault, .management, .client: nil
        }
    }

    /// Takes the kind into a hash. No two different kinds give the same words.
    func absorb(into hash: inout TraceHash) {
        let (code, message, peer) = words
        hash.absorb(code << 16 | UInt64(peer))
        hash.absorb(message)
    }

    private var words: (code: UInt64, message: UInt64, peer: UInt16) {
        switch self {
        case .local: (1, 0, 0)
        case .send(let message, let to): (2, message, to)
        case .receive(let message, let from): (3, message, from)
        case .drop(let message, let from): (4, message, from)
        case .crash: (5, 0, 0)
        case .restart: (6, 0, 0)
        case .pause: (7, 0, 0)
        case .resume: (8, 0, 0)
        case .fault: (9, 0, 0)
        case .client: (10, 0, 0)
        case .management: (11, 0, 0)
        }
    }
}

// MARK: - For readers

extension TraceStep {
    /// What happened, without time and node.
    var label: String {
        var words: [String] = []
        switch kind {
        case .local: break
        case .send(let message, let to): words.append("->n\(to) #\(message)")
        case .receive(let message, let from): words.append("<-n\(from) #\(message)")
        case .drop(let message, let from): words.append("x-n\(from) #\(message)")
        case .crash: words.append("CRASH")
        case .restart: words.append("RESTART")
        case .pause: words.append("PAUSE")
        case .resume: words.append("RESUME")
        case .fault: words.append("FAULT")
        case .management: words.append("operator:")
        case .client: words.append("client")
        }
        if let group { words.append("g\(group)") }
        if !text.isEmpty { words.append(text) }
        return words.joined(separator: " ")
    }

    /// The time in seconds with six digits behind the point, without floating point.
    var seconds: String {
        let micros = String(time / 1_000 % 1_000_000)
        return "\(time / 1_000_000_000)." + String(repeating: "0", count: 6 - micros.count) + micros
    }
}
