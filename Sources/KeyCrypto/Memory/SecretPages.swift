import Glibc

/// Anonymous mappings for secrets: guard pages on both sides, locked against swap, left out of core dumps, zero in a
/// forked
/// child (mmap(2), mlock(2), madvise(2)).
enum SecretPages {
    private static let pageSize = UInt(max(sysconf(Int32(_SC_PAGESIZE)), 4096))

    /// The address of at least `count` zeroed bytes, or nil.
    static func map(_ count: Int) -> UInt? {
        let inner = innerSize(count)
        let outer = Int(inner + 2 * pageSize)
        let mapping = mmap(nil, outer, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapping, UInt(bitPattern: mapping) != UInt.max else { return nil }
        let base = mapping + Int(pageSize)
        guard mprotect(base, Int(inner), PROT_READ | PROT_WRITE) == 0 else {
            munmap(mapping, outer)
            return nil
        }
        if mlock(base, Int(inner)) != 0 { SecretMemory.noteLockFailure() }
        if madvise(base, Int(inner), Int32(MADV_DONTDUMP)) != 0 { SecretMemory.noteAdviceFailure() }
        if madvise(base, Int(inner), Int32(MADV_WIPEONFORK)) != 0 { SecretMemory.noteAdviceFailure() }
        return UInt(bitPattern: base)
    }

    static func unmap(_ address: UInt, _ count: Int) {
        guard let start = UnsafeMutableRawPointer(bitPattern: address - pageSize) else { return }
        munmap(start, Int(innerSize(count) + 2 * pageSize))
    }

    private static func innerSize(_ count: Int) -> UInt {
        (UInt(max(count, 1)) + pageSize - 1) / pageSize * pageSize
    }
}
