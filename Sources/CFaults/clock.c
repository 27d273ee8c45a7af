#include "faults.h"

// What a clock shows apart from how fast it goes. False for those that do not go wrong: of processors' time, of
// devices.
static bool find_origin(clockid_t clock, int64_t *origin) {
    const int64_t *origins = claviger_page->origins;
    switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
        *origin = 0;
        return true;
    case CLOCK_MONOTONIC_RAW:
        *origin = origins[CLAVIGER_ORIGIN_RAW];
        return true;
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *origin = origins[CLAVIGER_ORIGIN_BOOTTIME];
        return true;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
        *origin = origins[CLAVIGER_ORIGIN_REALTIME];
        return true;
    case CLOCK_TAI:
        *origin = origins[CLAVIGER_ORIGIN_TAI];
        return true;
    default:
        return false;
    }
}

static int64_t step_of(clockid_t clock, const struct claviger_clocks *clocks) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        return clocks->step;
    default:
        return 0;
    }
}

// A clock that was read between two changes of the page is never counted by what held before or after them, so no
// monotonic clock goes back.
static int read_clock(clockid_t clock, struct timespec *time) {
    struct claviger_clocks clocks;
    uint32_t turn;
    int result;
    do {
        turn = claviger_get_clocks(claviger_page, &clocks);
        result = claviger_real.clock_gettime(clock, time);
    } while (claviger_load32(&claviger_page->turn) != turn);
    int64_t origin;
    if (result != 0 || !find_origin(clock, &origin)) return result;
    int64_t shown = claviger_shown(&clocks, claviger_nanoseconds(time) - origin);
    *time = claviger_timespec(shown + origin + step_of(clock, &clocks));
    return 0;
}

CLAVIGER_EXPORT int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.clock_gettime(clock, time);
    return read_clock(clock, time);
}

CLAVIGER_EXPORT int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    int result = 0;
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.gettimeofday(time, zone);
    if (zone) result = claviger_real.gettimeofday(time, zone);
    struct timespec now;
    if (result == 0) result = read_clock(CLOCK_REALTIME, &now);
    if (result == 0) *time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return result;
}

CLAVIGER_EXPORT time_t time(time_t *into) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK)) return claviger_real.time(into);
    struct timespec now;
    if (read_clock(CLOCK_REALTIME, &now) != 0) return claviger_real.time(into);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}

CLAVIGER_EXPORT int timespec_get(struct timespec *time, int base) {
    if (!claviger_is_on(CLAVIGER_FAULT_CLOCK) || base != TIME_UTC) return claviger_real.timespec_get(time, base);
    return read_clock(CLOCK_REALTIME, time) == 0 ? base : 0;
}

// MARK: - Waits

static int64_t true_now(struct claviger_clocks *clocks) {
    struct timespec time;
    claviger_get_clocks(claviger_page, clocks);
    claviger_real.clock_gettime(CLOCK_MONOTONIC, &time);
    return claviger_nanoseconds(&time);
}

int64_t claviger_true_wait(int64_t shown) {
    if (shown <= 0) return shown;
    struct claviger_clocks clocks;
    int64_t now = true_now(&clocks);
    int64_t until = claviger_clamped((__int128)claviger_shown(&clocks, now) + shown);
    int64_t wait = claviger_true(&clocks, until) - now;
    return wait < 1 ? 1 : wait;
}

int64_t claviger_shown_wait(int64_t nanoseconds) {
    if (nanoseconds <= 0) return nanoseconds;
    struct claviger_clocks clocks;
    int64_t now = true_now(&clocks);
    int64_t until = claviger_clamped((__int128)now + nanoseconds);
    int64_t wait = claviger_shown(&clocks, until) - claviger_shown(&clocks, now);
    return wait < 1 ? 1 : wait;
}

struct timespec claviger_true_moment(clockid_t clock, const struct timespec *moment) {
    struct claviger_clocks clocks;
    claviger_get_clocks(claviger_page, &clocks);
    int64_t origin;
    const time_t farthest = INT64_MAX / CLAVIGER_SECOND;
    bool isTime = moment->tv_sec >= 0 && moment->tv_sec < farthest && moment->tv_nsec >= 0 &&
                  moment->tv_nsec < CLAVIGER_SECOND;
    if (!isTime || !find_origin(clock, &origin)) return *moment;
    __int128 shown = (__int128)claviger_nanoseconds(moment) - origin - step_of(clock, &clocks);
    __int128 found = (__int128)claviger_true(&clocks, claviger_clamped(shown)) + origin;
    // The kernel takes no time before its first; what is long past may as well be that.
    return claviger_timespec(found < 1 ? 1 : claviger_clamped(found));
}
