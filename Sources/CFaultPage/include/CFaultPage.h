#ifndef CLAVIGER_CFAULTPAGE_H
#define CLAVIGER_CFAULTPAGE_H

#include <stddef.h>
#include <stdint.h>

/// The page that tells a process what its disk and its clocks do wrong. A file of CLAVIGER_FAULT_PAGE_BYTES, mapped
/// shared by who sets the faults and by libclaviger-faults.so in every process that has them. All fields are in the
/// machine's byte order, every change is one atomic store of 4 or 8 bytes, and a file of zeros is no page.

/// "clavflt" and the version of this layout.
#define CLAVIGER_FAULT_PAGE_MAGIC 0x02746c6676616c63ull
#define CLAVIGER_FAULT_PAGE_BYTES 4096

/// Bits of `active`: which kinds of faults a process has to look for at all.
#define CLAVIGER_FAULT_SYNC 1u
#define CLAVIGER_FAULT_SPACE 2u
#define CLAVIGER_FAULT_CLOCK 4u
/// No fault yet: syncs are noted, so that power can fail later.
#define CLAVIGER_FAULT_POWER 8u

/// Indices of `space`: DATA/store, DATA/audit, everything below DATA.
enum { CLAVIGER_AREA_STORE, CLAVIGER_AREA_AUDIT, CLAVIGER_AREA_ALL, CLAVIGER_AREAS };

/// Indices of `origins`.
enum {
    CLAVIGER_ORIGIN_REALTIME,
    CLAVIGER_ORIGIN_RAW,
    CLAVIGER_ORIGIN_BOOTTIME,
    CLAVIGER_ORIGIN_TAI,
    CLAVIGER_ORIGINS
};

/// From `start` on (nanoseconds of the true CLOCK_MONOTONIC) the process's monotonic clock shows
/// `shown + (now - start) * rate / 1000000`.
struct claviger_pace {
    int64_t start;
    int64_t shown;
    int64_t rate;
};

/// How true clocks become the process's. `next` counts from its start, `pace` before that, so that no clock jumps when
/// the rate changes. `step` is added to the wall clock only.
struct claviger_clocks {
    struct claviger_pace pace;
    struct claviger_pace next;
    int64_t step;
};

/// What has come of the faults, since the page was made.
struct claviger_seen {
    /// Processes that have mapped the page.
    uint64_t attached;
    /// Syncs that were made slow or failed, and calls that were refused for want of space.
    uint64_t syncs_delayed;
    uint64_t syncs_failed;
    uint64_t space_refused;
    /// Syncs whose file now says how much of it is on disk, and those after which nobody knows that.
    uint64_t syncs_noted;
    uint64_t syncs_unnoted;
};

struct claviger_fault_page {
    uint64_t magic;
    uint32_t active;
    /// `clocks[turn % 2]` is in force. A change fills the other and adds one to `turn`.
    uint32_t turn;

    /// Nanoseconds that every sync takes longer.
    int64_t sync_delay;
    /// So many syncs more fail with EIO; -1: all.
    int64_t sync_failures;
    /// Bytes that are left for each area; -1: as many as there are.
    int64_t space[CLAVIGER_AREAS];

    /// What each true clock showed more than CLOCK_MONOTONIC when the page was made.
    int64_t origins[CLAVIGER_ORIGINS];
    struct claviger_clocks clocks[2];

    struct claviger_seen seen;
};

_Static_assert(sizeof(struct claviger_fault_page) <= CLAVIGER_FAULT_PAGE_BYTES, "the page is too small");
_Static_assert(offsetof(struct claviger_fault_page, clocks) % 8 == 0, "fields must be aligned to be atomic");

static inline uint32_t claviger_load32(const uint32_t *from) { return __atomic_load_n(from, __ATOMIC_ACQUIRE); }
static inline void claviger_store32(uint32_t *to, uint32_t value) { __atomic_store_n(to, value, __ATOMIC_RELEASE); }
static inline int64_t claviger_load(const int64_t *from) { return __atomic_load_n(from, __ATOMIC_ACQUIRE); }
static inline void claviger_store(int64_t *to, int64_t value) { __atomic_store_n(to, value, __ATOMIC_RELEASE); }
static inline uint64_t claviger_count(const uint64_t *of) { return __atomic_load_n(of, __ATOMIC_RELAXED); }
static inline void claviger_add(uint64_t *to) { __atomic_fetch_add(to, 1, __ATOMIC_RELAXED); }

/// Sets (`on`) or clears bits of `active`.
static inline void claviger_activate(struct claviger_fault_page *page, uint32_t bits, int on) {
    if (on)
        __atomic_fetch_or(&page->active, bits, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(&page->active, ~bits, __ATOMIC_SEQ_CST);
}

// Setters, for one thread at a time. They keep `active` in step: it is set after what it points at.

static inline void claviger_set_sync_delay(struct claviger_fault_page *page, int64_t nanoseconds) {
    claviger_store(&page->sync_delay, nanoseconds);
    claviger_activate(page, CLAVIGER_FAULT_SYNC, nanoseconds > 0 || claviger_load(&page->sync_failures) != 0);
}

static inline void claviger_set_sync_failures(struct claviger_fault_page *page, int64_t count) {
    claviger_store(&page->sync_failures, count);
    claviger_activate(page, CLAVIGER_FAULT_SYNC, count != 0 || claviger_load(&page->sync_delay) > 0);
}

static inline void claviger_set_space(struct claviger_fault_page *page, int area, int64_t bytes) {
    int isCounted = 0;
    claviger_store(&page->space[area], bytes);
    for (int each = 0; each < CLAVIGER_AREAS; each++) isCounted |= claviger_load(&page->space[each]) >= 0;
    claviger_activate(page, CLAVIGER_FAULT_SPACE, isCounted);
}

/// Syncs are noted from now on. Set before the process starts: what it synced earlier would count as lost.
static inline void claviger_note_syncs(struct claviger_fault_page *page) {
    claviger_activate(page, CLAVIGER_FAULT_POWER, 1);
}

static inline int64_t claviger_space(const struct claviger_fault_page *page, int area) {
    return claviger_load(&page->space[area]);
}

static inline struct claviger_seen claviger_get_seen(const struct claviger_fault_page *page) {
    return (struct claviger_seen){
        .attached = claviger_count(&page->seen.attached), .syncs_delayed = claviger_count(&page->seen.syncs_delayed),
        .syncs_failed = claviger_count(&page->seen.syncs_failed),
        .space_refused = claviger_count(&page->seen.space_refused),
        .syncs_noted = claviger_count(&page->seen.syncs_noted),
        .syncs_unnoted = claviger_count(&page->seen.syncs_unnoted)};
}

static inline int64_t claviger_clamped(__int128 value) {
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

static inline __int128 claviger_floor(__int128 value, int64_t by) {
    __int128 whole = value / by;
    return value % by < 0 ? whole - 1 : whole;
}

/// What a clock shows that truly shows `now`. Grows with `now`; `rate` is greater than 0.
static inline int64_t claviger_shown(const struct claviger_clocks *clocks, int64_t now) {
    const struct claviger_pace *pace = now >= clocks->next.start ? &clocks->next : &clocks->pace;
    __int128 passed = ((__int128)now - pace->start) * pace->rate;
    return claviger_clamped(pace->shown + claviger_floor(passed, 1000000));
}

/// The first true moment at which a clock shows `shown` or more.
static inline int64_t claviger_true(const struct claviger_clocks *clocks, int64_t shown) {
    int isBefore = shown <= claviger_shown(clocks, clocks->next.start - 1);
    const struct claviger_pace *pace = isBefore ? &clocks->pace : &clocks->next;
    __int128 passed = -claviger_floor(-(((__int128)shown - pace->shown) * 1000000), pace->rate);
    int64_t moment = claviger_clamped(pace->start + passed);
    return !isBefore && moment < clocks->next.start ? clocks->next.start : moment;
}

/// The clocks in force. Takes no lock; whoever reads a clock compares `turn` again afterwards.
static inline uint32_t claviger_get_clocks(const struct claviger_fault_page *page, struct claviger_clocks *into) {
    uint32_t turn;
    do {
        turn = claviger_load32(&page->turn);
        const int64_t *from = (const int64_t *)&page->clocks[turn % 2];
        int64_t *to = (int64_t *)into;
        for (size_t word = 0; word < sizeof *into / 8; word++) {
            to[word] = __atomic_load_n(&from[word], __ATOMIC_RELAXED);
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (claviger_load32(&page->turn) != turn);
    return turn;
}

/// Whether the clocks show what the true ones do.
static inline int claviger_is_true(const struct claviger_clocks *clocks) {
    const struct claviger_pace *pace = &clocks->pace, *next = &clocks->next;
    return clocks->step == 0 && pace->shown == pace->start && pace->rate == 1000000 && next->shown == next->start &&
           next->rate == 1000000;
}

/// Puts other clocks in force; for one thread at a time.
static inline void claviger_set_clocks(struct claviger_fault_page *page, const struct claviger_clocks *clocks) {
    uint32_t turn = claviger_load32(&page->turn) + 1;
    int64_t *to = (int64_t *)&page->clocks[turn % 2];
    const int64_t *from = (const int64_t *)clocks;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    for (size_t word = 0; word < sizeof *clocks / 8; word++) __atomic_store_n(&to[word], from[word], __ATOMIC_RELAXED);
    claviger_store32(&page->turn, turn);
    claviger_activate(page, CLAVIGER_FAULT_CLOCK, !claviger_is_true(clocks));
}

// How much of a file is on disk. A note is an attribute of the file itself: it outlives the process, goes along when
// the file gets another name, and dies with the file. Of a file without one nothing is on disk.

#define CLAVIGER_SYNCED_ATTRIBUTE "user.claviger.synced"

/// Whether files in a folder can have notes: 0, or an errno.
int claviger_try_note(const char *folder);
/// The noted length of a file; 0 without a note. -1 with errno where that cannot be known.
int64_t claviger_noted_length(const char *path);
/// Cuts a regular file to its noted length, and follows no link. Returns how many bytes that took, or -1 with errno.
int64_t claviger_cut_to_note(const char *path);

#endif
