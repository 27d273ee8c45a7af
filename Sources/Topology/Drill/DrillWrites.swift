/// What one writer saw of its key, in order: each change expects the generation that it saw last, so that a change
/// whose answer was lost cannot come in late between others.
package struct DrillWrites: Sendable, Equatable {
    /// Generations that changes were acknowledged with.
    package private(set) var acknowledged: [UInt64] = []
    /// Acknowledged changes that a later answer shows to be gone.
    package private(set) var lost = 0
    /// Whether a read that a quorum confirmed came last: else nobody knows what is there.
    package private(set) var isVerified = false
    /// Acknowledged changes that no later answer has shown to be gone, oldest first.
    private var standing: [UInt64] = []

    package init() {}

    /// A change was acknowledged.
    package mutating func acknowledge(generation: UInt64) {
        // What comes after is newer: a generation that is not says that some of the older are gone.
        drop(from: generation)
        acknowledged.append(generation)
        standing.append(generation)
        isVerified = false
    }

    /// A read that a quorum confirmed found this generation; nil: no key.
    package mutating func read(generation: UInt64?) {
        drop(from: (generation ?? 0) + 1)
        isVerified = true
    }

    private mutating func drop(from generation: UInt64) {
        while let last = standing.last, last >= generation {
            standing.removeLast()
            lost += 1
        }
    }
}
