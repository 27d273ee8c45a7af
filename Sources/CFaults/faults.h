#ifndef CLAVIGER_FAULTS_H
#define CLAVIGER_FAULTS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "CFaultPage.h"

// The calls of the C library that ours stand before: result, name, parameters. Those of 64-bit names are the same where
// off_t has 64 bits.
#define CLAVIGER_CALLS(call)                                                                                           \
    call(int, fsync, (int))                                                                                            \
    call(int, fdatasync, (int))                                                                                        \
    call(int, syncfs, (int))                                                                                           \
    call(void, sync, (void))                                                                                           \
    call(int, sync_file_range, (int, off_t, off_t, unsigned))                                                          \
    call(int, msync, (void *, size_t, int))                                                                            \
    call(ssize_t, write, (int, const void *, size_t))                                                                  \
    call(ssize_t, pwrite, (int, const void *, size_t, off_t))                                                          \
    call(ssize_t, writev, (int, const struct iovec *, int))                                                            \
    call(ssize_t, pwritev, (int, const struct iovec *, int, off_t))                                                    \
    call(ssize_t, pwritev2, (int, const struct iovec *, int, off_t, int))                                              \
    call(ssize_t, sendfile, (int, int, off_t *, size_t))                                                               \
    call(ssize_t, copy_file_range, (int, off_t *, int, off_t *, size_t, unsigned))                                     \
    call(int, fallocate, (int, int, off_t, off_t))                                                                     \
    call(int, posix_fallocate, (int, off_t, off_t))                                                                    \
    call(int, ftruncate, (int, off_t))                                                                                 \
    call(int, truncate, (const char *, off_t))                                                                         \
    call(int, unlink, (const char *))                                                                                  \
    call(int, unlinkat, (int, const char *, int))                                                                      \
    call(int, remove, (const char *))                                                                                  \
    call(int, rename, (const char *, const char *))                                                                    \
    call(int, renameat, (int, const char *, int, const char *))                                                        \
    call(int, renameat2, (int, const char *, int, const char *, unsigned))                                             \
    call(int, statvfs, (const char *, struct statvfs *))                                                               \
    call(int, fstatvfs, (int, struct statvfs *))                                                                       \
    call(int, statfs, (const char *, struct statfs *))                                                                 \
    call(int, fstatfs, (int, struct statfs *))                                                                         \
    call(int, clock_gettime, (clockid_t, struct timespec *))                                                           \
    call(int, gettimeofday, (struct timeval *, void *))                                                                \
    call(time_t, time, (time_t *))                                                                                     \
    call(int, timespec_get, (struct timespec *, int))                                                                  \
    call(int, nanosleep, (const struct timespec *, struct timespec *))                                                 \
    call(int, clock_nanosleep, (clockid_t, int, const struct timespec *, struct timespec *))                           \
    call(int, usleep, (useconds_t))                                                                                    \
    call(unsigned, sleep, (unsigned))                                                                                  \
    call(int, timerfd_settime, (int, int, const struct itimerspec *, struct itimerspec *))                             \
    call(int, timerfd_gettime, (int, struct itimerspec *))                                                             \
    call(int, poll, (struct pollfd *, nfds_t, int))                                                                    \
    call(int, ppoll, (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *))                             \
    call(int, select, (int, fd_set *, fd_set *, fd_set *, struct timeval *))                                           \
    call(int, pselect, (int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *))                 \
    call(int, epoll_wait, (int, struct epoll_event *, int, int))                                                       \
    call(int, epoll_pwait, (int, struct epoll_event *, int, int, const sigset_t *))                                    \
    call(int, epoll_pwait2, (int, struct epoll_event *, int, const struct timespec *, const sigset_t *))               \
    call(int, sigtimedwait, (const sigset_t *, siginfo_t *, const struct timespec *))                                  \
    call(int, sem_timedwait, (sem_t *, const struct timespec *))                                                       \
    call(int, sem_clockwait, (sem_t *, clockid_t, const struct timespec *))                                            \
    call(int, pthread_cond_timedwait, (pthread_cond_t *, pthread_mutex_t *, const struct timespec *))                  \
    call(int, pthread_cond_clockwait, (pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *))       \
    call(int, pthread_mutex_timedlock, (pthread_mutex_t *, const struct timespec *))                                   \
    call(int, pthread_mutex_clocklock, (pthread_mutex_t *, clockid_t, const struct timespec *))                        \
    call(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t *, const struct timespec *))                               \
    call(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t *, const struct timespec *))                               \
    call(int, pthread_rwlock_clockrdlock, (pthread_rwlock_t *, clockid_t, const struct timespec *))                    \
    call(int, pthread_rwlock_clockwrlock, (pthread_rwlock_t *, clockid_t, const struct timespec *))                    \
    call(int, pthread_timedjoin_np, (pthread_t, void **, const struct timespec *))                                     \
    call(int, pthread_clockjoin_np, (pthread_t, void **, clockid_t, const struct timespec *))                          \
    call(long, syscall, (long, ...))

/// Another name of one of ours.
#define CLAVIGER_ALIAS(result, name, parameters, of)                                                                   \
    CLAVIGER_EXPORT __attribute__((alias(#of))) result name parameters;

#define CLAVIGER_FIELD(result, name, parameters) result(*name) parameters;
struct claviger_real {
    CLAVIGER_CALLS(CLAVIGER_FIELD)
};
#undef CLAVIGER_FIELD

#define CLAVIGER_HIDDEN __attribute__((visibility("hidden")))
/// What other programs see in place of the C library's.
#define CLAVIGER_EXPORT __attribute__((visibility("default")))

/// The C library's own; filled before `claviger_page` is.
extern CLAVIGER_HIDDEN struct claviger_real claviger_real;
/// Valid wherever `claviger_is_on` said yes.
extern CLAVIGER_HIDDEN struct claviger_fault_page *claviger_page;
/// The page's `active`; before the start a word with all bits set, so that the first call of any kind starts us;
/// without a page one with none.
extern CLAVIGER_HIDDEN uint32_t *claviger_active;

/// Starts if that was not done, and looks again.
CLAVIGER_HIDDEN bool claviger_settle(uint32_t kind);

/// Whether there are faults of a kind now. All that a call costs when there are none.
static inline bool claviger_is_on(uint32_t kind) {
    const uint32_t *active = __atomic_load_n(&claviger_active, __ATOMIC_ACQUIRE);
    if (__builtin_expect(!(__atomic_load_n(active, __ATOMIC_RELAXED) & kind), 1)) return false;
    return claviger_settle(kind);
}

// Where files are. A set of areas has the bit `1 << area` for each; 0: not below the data.

/// The areas of an open file or folder. errno is kept.
CLAVIGER_HIDDEN unsigned claviger_areas_of(int file);
/// The areas of a mapped file's address. errno is kept.
CLAVIGER_HIDDEN unsigned claviger_areas_at(const void *address);
/// The areas of a path without its ending " (deleted)", as the kernel writes it.
CLAVIGER_HIDDEN unsigned claviger_areas_named(const char *path);

/// The areas of a path, of the link itself with O_NOFOLLOW, and with `facts` what stat(2) says. errno is kept.
CLAVIGER_HIDDEN unsigned claviger_areas_of_path(int folder, const char *path, int flags, struct stat *facts);

/// Takes as much of `wanted` bytes as all of the areas have. Returns how much that is.
CLAVIGER_HIDDEN int64_t claviger_take(unsigned areas, int64_t wanted);
/// Gives bytes back to areas that are counted.
CLAVIGER_HIDDEN void claviger_give(unsigned areas, int64_t bytes);
/// What is left of all of the areas; INT64_MAX if none is counted.
CLAVIGER_HIDDEN int64_t claviger_left(unsigned areas);

/// The length of a file whose syncs are noted; -1: it is none of those. errno is kept.
CLAVIGER_HIDDEN int64_t claviger_length_to_note(int file);
/// Notes that so much of a file is on disk. errno is kept.
CLAVIGER_HIDDEN void claviger_note_length(int file, int64_t length);
/// Counts a sync of which nobody can say what it brought to disk, where notes are kept.
CLAVIGER_HIDDEN void claviger_miss_sync(unsigned areas);

#define CLAVIGER_SECOND 1000000000

static inline int64_t claviger_nanoseconds(const struct timespec *time) {
    return claviger_clamped((__int128)time->tv_sec * CLAVIGER_SECOND + time->tv_nsec);
}

static inline struct timespec claviger_timespec(int64_t nanoseconds) {
    time_t seconds = (time_t)claviger_floor(nanoseconds, CLAVIGER_SECOND);
    return (struct timespec){.tv_sec = seconds, .tv_nsec = (long)(nanoseconds - seconds * CLAVIGER_SECOND)};
}

/// The true time of a wait that the process means to last `shown` of its own nanoseconds; at least 1 if that is.
CLAVIGER_HIDDEN int64_t claviger_true_wait(int64_t shown);
/// What the process's clocks will count while truly so many nanoseconds pass.
CLAVIGER_HIDDEN int64_t claviger_shown_wait(int64_t nanoseconds);
/// The moment of the true clock at which the process's shows `moment`. What is no time, or is none of the clocks that
/// go wrong, stays.
CLAVIGER_HIDDEN struct timespec claviger_true_moment(clockid_t clock, const struct timespec *moment);

#endif
