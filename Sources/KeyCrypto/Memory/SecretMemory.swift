import Synchronization

/// What the process should report about its secret memory. A production profile refuses to start while a count is not
/// zero.
package enum SecretMemory {
    private static let locksFailed = Atomic<Int>(0)
    private static let adviceFailed = Atomic<Int>(0)

    /// How many mappings could not be locked (usually RLIMIT_MEMLOCK): their pages may reach swap.
    package static var lockFailures: Int { locksFailed.load(ordering: .relaxed) }

    /// How often the kernel refused to leave secret pages out of dumps or to wipe them in a forked child.
    package static var adviceFailures: Int { adviceFailed.load(ordering: .relaxed) }

    /// Shows each released slot, already zeroed and not yet reused, to `observer`. For tests.
    package static func observeReleases(_ observer: (@Sendable (UnsafeRawBufferPointer) -> Void)?) {
        SecretArena.shared.observe(observer)
    }

    static func noteLockFailure() { locksFailed.add(1, ordering: .relaxed) }
    static func noteAdviceFailure() { adviceFailed.add(1, ordering: .relaxed) }
}
