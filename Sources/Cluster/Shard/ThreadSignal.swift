import CPlatform
import Glibc

/// Nanoseconds of the clock that neither steps nor stops while the machine sleeps (clock_gettime(2), CLOCK_BOOTTIME).
package func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// A mutex and a condition: what a thread sleeps on until something is posted or a time has come.
final class ThreadSignal: Sendable {
    // SAFETY: allocated in `init`, freed in `deinit`, and touched only through pthread calls, which synchronise
    // themselves.
    private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    // SAFETY: as `mutex`.
    private nonisolated(unsafe) let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    func wake() { pthread_cond_signal(condition) }

    /// Sleeps until `ready` gives a value (asked under the mutex, again after each wake) or `deadline` has come.
    func wait<Value>(until deadline: UInt64, _ ready: () -> Value?) -> Value? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let value = ready() { return value }
            let now = monotonicNanoseconds()
            if now >= deadline { return nil }
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            let nanoseconds = UInt64(time.tv_nsec) + (deadline - now)
            time.tv_sec += Int(nanoseconds / 1_000_000_000)
            time.tv_nsec = Int(nanoseconds % 1_000_000_000)
            pthread_cond_timedwait(condition, mutex, &time)
        }
    }

    /// Sleeps until `ready` holds.
    func wait(_ ready: () -> Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !ready() { pthread_cond_wait(condition, mutex) }
    }
}

/// Runs `body` on a thread of its own.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    final class Work: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(name: name, body: body))
    let status = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
            claviger_name_thread(work.name)
            work.body()
            return nil
        }, work.toOpaque())
    precondition(status == 0, "no thread could be started for \(name)")
    pthread_detach(thread)
}
