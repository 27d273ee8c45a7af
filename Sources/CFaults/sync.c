#include "faults.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Waits as long as a sync is to take longer. In slices, so that it ends soon when the fault is undone meanwhile.
static void be_slow(void) {
    const int64_t slice = 20000000;
    if (claviger_load(&claviger_page->sync_delay) <= 0) return;
    claviger_add(&claviger_page->seen.syncs_delayed);
    int error = errno;
    struct timespec time;
    claviger_real.clock_gettime(CLOCK_MONOTONIC, &time);
    int64_t began = claviger_nanoseconds(&time), now = began;
    while (true) {
        int64_t left = claviger_load(&claviger_page->sync_delay) - (now - began);
        if (left <= 0) break;
        time = claviger_timespec(now + (left < slice ? left : slice));
        claviger_real.clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
        claviger_real.clock_gettime(CLOCK_MONOTONIC, &time);
        now = claviger_nanoseconds(&time);
    }
    errno = error;
}

static bool is_failing(void) {
    int64_t left = claviger_load(&claviger_page->sync_failures);
    while (left > 0) {
        if (__atomic_compare_exchange_n(
                &claviger_page->sync_failures, &left, left - 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            break;
        }
    }
    if (left == 0) return false;
    claviger_add(&claviger_page->seen.syncs_failed);
    errno = EIO;
    return true;
}

// As after a real failure, what was not written is not written: the true call is not made.
static bool is_refused(unsigned areas) {
    if (!areas) return false;
    be_slow();
    return is_failing();
}

// The length is that of before the true call: what is appended while it runs may not be part of it. A slow sync has
// waited by then.
static int make(int (*call)(int), int file) {
    if (!claviger_is_on(CLAVIGER_FAULT_POWER)) return call(file);
    int64_t length = claviger_length_to_note(file);
    int result = call(file);
    if (result == 0 && length >= 0) claviger_note_length(file, length);
    return result;
}

CLAVIGER_EXPORT int fsync(int file) {
    if (claviger_is_on(CLAVIGER_FAULT_SYNC) && is_refused(claviger_areas_of(file))) return -1;
    return make(claviger_real.fsync, file);
}

CLAVIGER_EXPORT int fdatasync(int file) {
    if (claviger_is_on(CLAVIGER_FAULT_SYNC) && is_refused(claviger_areas_of(file))) return -1;
    return make(claviger_real.fdatasync, file);
}

CLAVIGER_EXPORT int syncfs(int file) {
    if (claviger_is_on(CLAVIGER_FAULT_SYNC) && is_refused(claviger_areas_of(file))) return -1;
    int result = claviger_real.syncfs(file);
    if (result == 0 && claviger_is_on(CLAVIGER_FAULT_POWER)) claviger_miss_sync(claviger_areas_of(file));
    return result;
}

// Has no way to say that it failed.
CLAVIGER_EXPORT void sync(void) {
    if (claviger_is_on(CLAVIGER_FAULT_SYNC)) be_slow();
    claviger_real.sync();
    if (claviger_is_on(CLAVIGER_FAULT_POWER)) claviger_miss_sync(1u << CLAVIGER_AREA_ALL);
}

// Without flags it does nothing, and RocksDB asks so whether there is such a call. Whatever its flags, it makes nothing
// durable: neither the length of a file nor the disk's own cache is written.
CLAVIGER_EXPORT int sync_file_range(int file, off_t offset, off_t count, unsigned flags) {
    if (claviger_is_on(CLAVIGER_FAULT_SYNC) && flags != 0 && is_refused(claviger_areas_of(file))) return -1;
    return claviger_real.sync_file_range(file, offset, count, flags);
}

CLAVIGER_EXPORT int msync(void *address, size_t count, int flags) {
    if (claviger_is_on(CLAVIGER_FAULT_SYNC) && (flags & MS_SYNC) && is_refused(claviger_areas_at(address))) return -1;
    int result = claviger_real.msync(address, count, flags);
    if (result == 0 && (flags & MS_SYNC) && claviger_is_on(CLAVIGER_FAULT_POWER)) {
        claviger_miss_sync(claviger_areas_at(address));
    }
    return result;
}

// One line of /proc/self/maps: "from-to rights offset device inode      path".
static bool covers(char *line, uintptr_t address, unsigned *areas) {
    char *rest;
    uintptr_t from = strtoul(line, &rest, 16);
    if (*rest != '-') return false;
    uintptr_t to = strtoul(rest + 1, &rest, 16);
    if (address < from || address >= to) return false;
    char *path = strchr(rest, '/');
    *areas = path ? claviger_areas_named(path) : 0;
    return true;
}

unsigned claviger_areas_at(const void *address) {
    int error = errno;
    unsigned areas = 0;
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    char buffer[8192];
    size_t held = 0;
    bool isFound = file < 0;
    while (!isFound) {
        ssize_t count = read(file, buffer + held, sizeof buffer - 1 - held);
        if (count <= 0) break;
        held += (size_t)count;
        buffer[held] = 0;
        char *line = buffer, *end;
        while (!isFound && (end = strchr(line, '\n'))) {
            *end = 0;
            isFound = covers(line, (uintptr_t)address, &areas);
            line = end + 1;
        }
        held -= (size_t)(line - buffer);
        memmove(buffer, line, held);
        if (held == sizeof buffer - 1) break;
    }
    if (file >= 0) close(file);
    errno = error;
    return areas;
}
