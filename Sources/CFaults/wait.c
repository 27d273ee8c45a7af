#include "faults.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A process whose clock goes wrong lives by it: what it waits for comes when its own clock says so. Moments of the wall
// clock count as the process sees it at the time of the call, so a later step does not change when a wait ends.

static bool is_wait(const struct timespec *time) {
    return time && time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < CLAVIGER_SECOND;
}

// The true length of a wait; `own` has it. What is no time is left to the C library to refuse.
static const struct timespec *true_wait(const struct timespec *time, struct timespec *own) {
    if (!is_wait(time)) return time;
    *own = claviger_timespec(claviger_true_wait(claviger_nanoseconds(time)));
    return own;
}

static const struct timespec *true_moment(clockid_t clock, const struct timespec *time, struct timespec *own) {
    if (!time) return time;
    *own = claviger_true_moment(clock, time);
    return own;
}

// MARK: - Sleep

CLAVIGER_EXPORT int nanosleep(const struct timespec *time, struct timespec *rest) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.nanosleep(time, rest);
    struct timespec own;
    int result = claviger_real.nanosleep(true_wait(time, &own), rest);
    if (result != 0 && errno == EINTR && rest) {
        *rest = claviger_timespec(claviger_shown_wait(claviger_nanoseconds(rest)));
        errno = EINTR;
    }
    return result;
}

CLAVIGER_EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.clock_nanosleep(clock, flags, time, rest);
    // Processors' time is as it is.
    bool isOurs = clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID;
    if (!isOurs) return claviger_real.clock_nanosleep(clock, flags, time, rest);
    struct timespec own;
    if (flags & TIMER_ABSTIME) {
        return claviger_real.clock_nanosleep(clock, flags, true_moment(clock, time, &own), rest);
    }
    int result = claviger_real.clock_nanosleep(clock, flags, true_wait(time, &own), rest);
    if (result == EINTR && rest) *rest = claviger_timespec(claviger_shown_wait(claviger_nanoseconds(rest)));
    return result;
}

CLAVIGER_EXPORT int usleep(useconds_t time) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.usleep(time);
    struct timespec own = claviger_timespec((int64_t)time * 1000);
    return nanosleep(&own, NULL);
}

CLAVIGER_EXPORT unsigned sleep(unsigned time) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.sleep(time);
    struct timespec own = {.tv_sec = (time_t)time}, rest = {0};
    int error = errno;
    if (nanosleep(&own, &rest) == 0) return 0;
    errno = error;
    return (unsigned)rest.tv_sec + (rest.tv_nsec >= CLAVIGER_SECOND / 2);
}

// MARK: - Timers

// /proc/self/fdinfo says which clock a timer is of: "clockid: 1".
static clockid_t clock_of(int file) {
    char path[40] = "/proc/self/fdinfo/", text[512], digits[12];
    int count = 0;
    for (unsigned rest = (unsigned)file; count == 0 || rest > 0; rest /= 10) digits[count++] = '0' + rest % 10;
    char *end = path + strlen(path);
    while (count > 0) *end++ = digits[--count];
    *end = 0;
    int error = errno;
    clockid_t clock = CLOCK_MONOTONIC;
    int facts = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = facts < 0 ? 0 : read(facts, text, sizeof text - 1);
    if (facts >= 0) close(facts);
    text[length > 0 ? length : 0] = 0;
    const char *line = strstr(text, "clockid:");
    if (line) clock = (clockid_t)strtol(line + strlen("clockid:"), NULL, 10);
    errno = error;
    return clock;
}

static void show_timer(struct itimerspec *timer) {
    timer->it_value = claviger_timespec(claviger_shown_wait(claviger_nanoseconds(&timer->it_value)));
    timer->it_interval = claviger_timespec(claviger_shown_wait(claviger_nanoseconds(&timer->it_interval)));
}

CLAVIGER_EXPORT int timerfd_settime(int file, int flags, const struct itimerspec *timer, struct itimerspec *before) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK) || !timer || !is_wait(&timer->it_value) ||
        !is_wait(&timer->it_interval)) {
        return claviger_real.timerfd_settime(file, flags, timer, before);
    }
    struct itimerspec own = *timer;
    bool isSet = timer->it_value.tv_sec != 0 || timer->it_value.tv_nsec != 0;
    if (isSet && (flags & TFD_TIMER_ABSTIME))
        own.it_value = claviger_true_moment(clock_of(file), &timer->it_value);
    else
        true_wait(&timer->it_value, &own.it_value);
    true_wait(&timer->it_interval, &own.it_interval);
    int result = claviger_real.timerfd_settime(file, flags, &own, before);
    if (result == 0 && before) show_timer(before);
    return result;
}

CLAVIGER_EXPORT int timerfd_gettime(int file, struct itimerspec *timer) {
    bool isOn = claviger_is_on(CLAVIGER_FAULT_CLOCK);
    int result = claviger_real.timerfd_gettime(file, timer);
    if (isOn && result == 0) show_timer(timer);
    return result;
}

// MARK: - Files

// Milliseconds, upwards as the kernel does.
static int true_milliseconds(int time) {
    if (time <= 0) return time;
    int64_t own = claviger_true_wait((int64_t)time * 1000000);
    own = own / 1000000 + (own % 1000000 != 0);
    return own > INT_MAX ? INT_MAX : (int)own;
}

CLAVIGER_EXPORT int poll(struct pollfd *files, nfds_t count, int time) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.poll(files, count, time);
    return claviger_real.poll(files, count, true_milliseconds(time));
}

CLAVIGER_EXPORT int ppoll(struct pollfd *files, nfds_t count, const struct timespec *time, const sigset_t *signals) {
    struct timespec own;
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.ppoll(files, count, time, signals);
    return claviger_real.ppoll(files, count, true_wait(time, &own), signals);
}

CLAVIGER_EXPORT int select(int count, fd_set *reads, fd_set *writes, fd_set *others, struct timeval *time) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK) || !time || time->tv_sec < 0 || time->tv_usec < 0) {
        return claviger_real.select(count, reads, writes, others, time);
    }
    __int128 shown = (__int128)time->tv_sec * CLAVIGER_SECOND + (__int128)time->tv_usec * 1000;
    struct timespec own = claviger_timespec(claviger_true_wait(claviger_clamped(shown)) + 999);
    struct timeval left = {.tv_sec = own.tv_sec, .tv_usec = own.tv_nsec / 1000};
    if (shown == 0) left = (struct timeval){0};
    int result = claviger_real.select(count, reads, writes, others, &left), error = errno;
    own = (struct timespec){.tv_sec = left.tv_sec, .tv_nsec = left.tv_usec * 1000};
    own = claviger_timespec(claviger_shown_wait(claviger_nanoseconds(&own)));
    *time = (struct timeval){.tv_sec = own.tv_sec, .tv_usec = own.tv_nsec / 1000};
    errno = error;
    return result;
}

CLAVIGER_EXPORT int pselect(
    int count, fd_set *reads, fd_set *writes, fd_set *others, const struct timespec *time, const sigset_t *signals) {
    struct timespec own;
    if (claviger_is_on(CLAVIGER_FAULT_CLOCK)) time = true_wait(time, &own);
    return claviger_real.pselect(count, reads, writes, others, time, signals);
}

CLAVIGER_EXPORT int epoll_wait(int file, struct epoll_event *events, int count, int time) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.epoll_wait(file, events, count, time);
    return claviger_real.epoll_wait(file, events, count, true_milliseconds(time));
}

CLAVIGER_EXPORT int epoll_pwait(int file, struct epoll_event *events, int count, int time, const sigset_t *signals) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.epoll_pwait(file, events, count, time, signals);
    return claviger_real.epoll_pwait(file, events, count, true_milliseconds(time), signals);
}

CLAVIGER_EXPORT int epoll_pwait2(
    int file, struct epoll_event *events, int count, const struct timespec *time, const sigset_t *signals) {
    struct timespec own;
    if (claviger_is_on(CLAVIGER_FAULT_CLOCK)) time = true_wait(time, &own);
    return claviger_real.epoll_pwait2(file, events, count, time, signals);
}

CLAVIGER_EXPORT int sigtimedwait(const sigset_t *signals, siginfo_t *facts, const struct timespec *time) {
    struct timespec own;
    if (claviger_is_on(CLAVIGER_FAULT_CLOCK)) time = true_wait(time, &own);
    return claviger_real.sigtimedwait(signals, facts, time);
}
