#include "faults.h"

#include <fcntl.h>
#include <unistd.h>

// The count of an area is of the lengths of its files, whatever blocks they have: what makes a file longer takes from
// it, what overwrites does not, and what shortens or removes one gives back.

void claviger_give(unsigned areas, int64_t bytes) {
    for (int area = 0; area < CLAVIGER_AREAS && bytes > 0; area++) {
        if (!(areas >> area & 1)) continue;
        int64_t *space = &claviger_page->space[area], left = claviger_load(space);
        while (left >= 0 && !__atomic_compare_exchange_n(
                                space, &left, claviger_clamped((__int128)left + bytes), false, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE)) {
        }
    }
}

int64_t claviger_take(unsigned areas, int64_t wanted) {
    for (int area = 0; area < CLAVIGER_AREAS; area++) {
        if (!(areas >> area & 1)) continue;
        int64_t *space = &claviger_page->space[area], left = claviger_load(space), granted;
        do granted = left < 0 || left > wanted ? wanted : left;
        while (left >= 0 && !__atomic_compare_exchange_n(
                                space, &left, left - granted, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
        claviger_give(areas & ((1u << area) - 1), wanted - granted);
        wanted = granted;
    }
    return wanted;
}

int64_t claviger_left(unsigned areas) {
    int64_t least = INT64_MAX;
    for (int area = 0; area < CLAVIGER_AREAS; area++) {
        int64_t left = claviger_load(&claviger_page->space[area]);
        if ((areas >> area & 1) && left >= 0 && left < least) least = left;
    }
    return least;
}

// MARK: - What is shown

unsigned claviger_areas_of_path(int folder, const char *path, int flags, struct stat *facts) {
    int error = errno;
    int file = openat(folder, path, O_PATH | O_CLOEXEC | flags);
    unsigned areas = file < 0 ? 0 : claviger_areas_of(file);
    if (areas != 0 && facts && fstat(file, facts) != 0) areas = 0;
    if (file >= 0) close(file);
    errno = error;
    return areas;
}

// How many blocks of a size are left, at most as many as there truly are.
static uint64_t blocks(unsigned areas, uint64_t size, uint64_t free) {
    int64_t left = claviger_left(areas);
    if (left == INT64_MAX || size == 0) return free;
    uint64_t count = (uint64_t)left / size;
    return count < free ? count : free;
}

static int show_vfs(unsigned areas, struct statvfs *facts, int result) {
    if (result != 0 || areas == 0) return result;
    uint64_t size = facts->f_frsize ? facts->f_frsize : facts->f_bsize;
    facts->f_bfree = blocks(areas, size, facts->f_bfree);
    facts->f_bavail = blocks(areas, size, facts->f_bavail);
    return result;
}

static int show_fs(unsigned areas, struct statfs *facts, int result) {
    if (result != 0 || areas == 0) return result;
    uint64_t size = (uint64_t)(facts->f_frsize ? facts->f_frsize : facts->f_bsize);
    facts->f_bfree = blocks(areas, size, facts->f_bfree);
    facts->f_bavail = blocks(areas, size, facts->f_bavail);
    return result;
}

CLAVIGER_EXPORT int statvfs(const char *path, struct statvfs *facts) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.statvfs(path, facts);
    return show_vfs(claviger_areas_of_path(AT_FDCWD, path, 0, NULL), facts, claviger_real.statvfs(path, facts));
}

CLAVIGER_EXPORT int fstatvfs(int file, struct statvfs *facts) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.fstatvfs(file, facts);
    return show_vfs(claviger_areas_of(file), facts, claviger_real.fstatvfs(file, facts));
}

CLAVIGER_EXPORT int statfs(const char *path, struct statfs *facts) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.statfs(path, facts);
    return show_fs(claviger_areas_of_path(AT_FDCWD, path, 0, NULL), facts, claviger_real.statfs(path, facts));
}

CLAVIGER_EXPORT int fstatfs(int file, struct statfs *facts) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.fstatfs(file, facts);
    return show_fs(claviger_areas_of(file), facts, claviger_real.fstatfs(file, facts));
}

CLAVIGER_ALIAS(int, statvfs64, (const char *path, struct statvfs64 *facts), statvfs)
CLAVIGER_ALIAS(int, fstatvfs64, (int file, struct statvfs64 *facts), fstatvfs)
CLAVIGER_ALIAS(int, statfs64, (const char *path, struct statfs64 *facts), statfs)
CLAVIGER_ALIAS(int, fstatfs64, (int file, struct statfs64 *facts), fstatfs)
