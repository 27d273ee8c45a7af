/// One thing that happened in a simulated federation.
package struct TraceStep: Hashable, Sendable {
    /// What kind of thing. Messages have a number of their own, so that a sending and its receptions find each other.
    package enum Kind: Hashable, Sendable {
        /// Anything that a node does by itself.
        case local
        case send(message: UInt64, to: UInt16)
        case receive(message: UInt64, from: UInt16)
        /// The network lost it.
        case drop(message: UInt64, from: UInt16)
        case crash, restart, pause, resume
        /// A fault or its end that the text describes: a full disk, a partition, a clock that runs wrong.
        case fault
        /// A client's request or the answer to it.
        case client
    }

    /// Virtual nanoseconds since the run began.
    package var time: UInt64
    /// From 1. Nil for what concerns the whole federation, a partition for example.
    package var node: UInt16?
    /// The group of replicas it is about, or nil.
    package var group: UInt64?
    package var kind: Kind
    /// A few words for a reader. Part of the hash like everything else.
    package var text: String

    package init(time: UInt64, node: UInt16?, group: UInt64? = nil, kind: Kind, text: String = "") {
        self.time = time
        self.node = node
        self.group = group
        self.kind = kind
        self.text = text
    }
}

extension TraceStep {
    /// Takes the step into a hash. No two different steps give the same words.
    func absorb(into hash: inout TraceHash) {
        hash.absorb(time)
        hash.absorb(node.map { UInt64($0) + 1 } ?? 0)
        hash.absorb(group == nil ? 0 : 1)
        hash.absorb(group ?? 0)
        let (code, message, peer) = words
        hash.absorb(code << 16 | UInt64(peer))
        hash.absorb(message)
        hash.absorb(text)
    }

    private var words: (code: UInt64, message: UInt64, peer: UInt16) {
        switch kind {
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
        }
    }
}
