#include "faults.h"

#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

// Waits of threads for each other: all until a moment, of the wall clock where the call names no other.

static const struct timespec *true_moment(clockid_t clock, const struct timespec *time, struct timespec *own) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK) || !time) return time;
    *own = claviger_true_moment(clock, time);
    return own;
}

CLAVIGER_EXPORT int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(CLOCK_REALTIME, time, &own);
    return claviger_real.sem_timedwait(semaphore, time);
}

CLAVIGER_EXPORT int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(clock, time, &own);
    return claviger_real.sem_clockwait(semaphore, clock, time);
}

// glibc keeps the clock of pthread_condattr_setclock(3) there since 2.25.
static clockid_t clock_of(const pthread_cond_t *condition) {
    const unsigned is_monotonic = 2;
    return condition->__data.__wrefs & is_monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

CLAVIGER_EXPORT int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(clock_of(condition), time, &own);
    return claviger_real.pthread_cond_timedwait(condition, mutex, time);
}

CLAVIGER_EXPORT int pthread_cond_clockwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, clockid_t clock,
    const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(clock, time, &own);
    return claviger_real.pthread_cond_clockwait(condition, mutex, clock, time);
}

CLAVIGER_EXPORT int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(CLOCK_REALTIME, time, &own);
    return claviger_real.pthread_mutex_timedlock(mutex, time);
}

CLAVIGER_EXPORT int pthread_mutex_clocklock(
    pthread_mutex_t *restrict mutex, clockid_t clock, const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(clock, time, &own);
    return claviger_real.pthread_mutex_clocklock(mutex, clock, time);
}

CLAVIGER_EXPORT int pthread_rwlock_timedrdlock(
    pthread_rwlock_t *restrict lock, const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(CLOCK_REALTIME, time, &own);
    return claviger_real.pthread_rwlock_timedrdlock(lock, time);
}

CLAVIGER_EXPORT int pthread_rwlock_timedwrlock(
    pthread_rwlock_t *restrict lock, const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(CLOCK_REALTIME, time, &own);
    return claviger_real.pthread_rwlock_timedwrlock(lock, time);
}

CLAVIGER_EXPORT int pthread_rwlock_clockrdlock(
    pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(clock, time, &own);
    return claviger_real.pthread_rwlock_clockrdlock(lock, clock, time);
}

CLAVIGER_EXPORT int pthread_rwlock_clockwrlock(
    pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict time) {
    struct timespec own;
    time = true_moment(clock, time, &own);
    return claviger_real.pthread_rwlock_clockwrlock(lock, clock, time);
}

CLAVIGER_EXPORT int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *time) {
    struct timespec own;
    time = true_moment(CLOCK_REALTIME, time, &own);
    return claviger_real.pthread_timedjoin_np(thread, result, time);
}

CLAVIGER_EXPORT int pthread_clockjoin_np(
    pthread_t thread, void **result, clockid_t clock, const struct timespec *time) {
    struct timespec own;
    time = true_moment(clock, time, &own);
    return claviger_real.pthread_clockjoin_np(thread, result, clock, time);
}

// MARK: - System calls by number

// What the time of a futex(2) call means depends on its operation; of most it is no time at all.
static const struct timespec *futex_time(int operation, const struct timespec *time, struct timespec *own) {
    clockid_t clock = operation & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
        if (!time || !claviger_is_on(CLAVIGER_FAULT_CLOCK)) return time;
        if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= CLAVIGER_SECOND) return time;
        *own = claviger_timespec(claviger_true_wait(claviger_nanoseconds(time)));
        return own;
    case FUTEX_LOCK_PI:
        return true_moment(CLOCK_REALTIME, time, own);
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case 13:  // FUTEX_LOCK_PI2, of Linux 5.14
        return true_moment(clock, time, own);
    default:
        return time;
    }
}

// The runtimes wait by futex(2), and a sync may be called so too. The C library has no function for futex.
CLAVIGER_EXPORT long syscall(long number, ...) {
    // As many as any call has. What was not given is not looked at.
    long own[6];
    va_list given;
    va_start(given, number);
    for (int argument = 0; argument < 6; argument++) own[argument] = va_arg(given, long);
    va_end(given);
    struct timespec time;
    int result;
    if (claviger_is_on(~0u)) {
        switch (number) {
        case SYS_futex:
            own[3] = (long)futex_time((int)own[1], (const struct timespec *)own[3], &time);
            break;
        case SYS_clock_gettime:
            return clock_gettime((clockid_t)own[0], (struct timespec *)own[1]);
        case SYS_nanosleep:
            return nanosleep((const struct timespec *)own[0], (struct timespec *)own[1]);
        case SYS_clock_nanosleep:
            result = clock_nanosleep(
                (clockid_t)own[0], (int)own[1], (const struct timespec *)own[2], (struct timespec *)own[3]);
            if (result != 0) errno = result;
            return result == 0 ? 0 : -1;
        case SYS_fsync:
            return fsync((int)own[0]);
        case SYS_fdatasync:
            return fdatasync((int)own[0]);
        }
    }
    return claviger_real.syscall(number, own[0], own[1], own[2], own[3], own[4], own[5]);
}
