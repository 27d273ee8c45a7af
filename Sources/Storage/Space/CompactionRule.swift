/// Whether files may be merged in the background, by the room on the disk.
///
/// A merge writes as much as it reads before it gives anything back. One that does not fit takes the last block, and
/// whatever the store writes in that moment, an entry, a vote or a flush, fails with it and ends the process: by far
/// more than `SpaceRule.full` may be wanted. Flushes go on: memtables, the WAL ahead of them and the manifest fit into
/// `SpaceRule.full`.
package struct CompactionRule: Hashable, Sendable {
    /// As of the last look.
    package private(set) var isAllowed: Bool

    package init(isAllowed: Bool = true) { self.isAllowed = isAllowed }

    /// The room that is wanted where one merge reads `largest` bytes at most: as much for what it writes, as much again
    /// for what is written meanwhile, and what must be left.
    package static func need(for largest: UInt64) -> UInt64 { SpaceRule.full + 2 * min(largest, 1 << 60) }

    /// Looks again. Merging begins anew only with a quarter more room than it ends with.
    package mutating func look(free: UInt64, largest: UInt64) {
        let need = Self.need(for: largest)
        isAllowed = free >= (isAllowed ? need : need + need / 4)
    }
}
