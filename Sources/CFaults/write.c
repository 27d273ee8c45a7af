#include "faults.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

// Says that the disk is full.
static int refuse(void) {
    claviger_add(&claviger_page->seen.space_refused);
    errno = ENOSPC;
    return -1;
}

// MARK: - Writes

struct growth {
    unsigned areas;
    int64_t length;
    int64_t from;
    int64_t taken;
};

static const off_t at_position = -1;

static bool find_length(int file, int64_t *length) {
    struct stat facts;
    if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
    *length = facts.st_size;
    return true;
}

// How many of `count` bytes may be written at `offset`, with their space taken. 0 of some: the disk is full.
static size_t admit(int file, off_t offset, bool isAppend, size_t count, struct growth *growth) {
    int error = errno;
    *growth = (struct growth){.areas = claviger_areas_of(file)};
    if (growth->areas == 0 || count == 0 || count > INT64_MAX / 2 || !find_length(file, &growth->length)) {
        growth->areas = 0;
        errno = error;
        return count;
    }
    int flags = fcntl(file, F_GETFL);
    if (isAppend || (flags >= 0 && flags & O_APPEND))
        growth->from = growth->length;
    else
        growth->from = offset == at_position ? lseek(file, 0, SEEK_CUR) : offset;
    errno = error;
    if (growth->from < 0) {
        growth->areas = 0;
        return count;
    }
    int64_t wanted = claviger_clamped((__int128)growth->from + (int64_t)count - growth->length);
    if (wanted <= 0) return count;
    growth->taken = claviger_take(growth->areas, wanted);
    int64_t missing = wanted - growth->taken;
    if (missing < (int64_t)count) return count - (size_t)missing;
    claviger_give(growth->areas, growth->taken);
    growth->taken = 0;
    return 0;
}

// Gives back what was taken for more than was written.
static ssize_t end(const struct growth *growth, ssize_t written) {
    if (growth->areas == 0) return written;
    int64_t grown = written > 0 ? growth->from + written - growth->length : 0;
    claviger_give(growth->areas, growth->taken - (grown > 0 ? grown : 0));
    return written;
}

CLAVIGER_EXPORT ssize_t write(int file, const void *bytes, size_t count) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.write(file, bytes, count);
    struct growth growth;
    size_t admitted = admit(file, at_position, false, count, &growth);
    if (admitted == 0 && count > 0) return refuse();
    return end(&growth, claviger_real.write(file, bytes, admitted));
}

CLAVIGER_EXPORT ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.pwrite(file, bytes, count, offset);
    struct growth growth;
    if (offset < 0) return claviger_real.pwrite(file, bytes, count, offset);
    size_t admitted = admit(file, offset, false, count, &growth);
    if (admitted == 0 && count > 0) return refuse();
    return end(&growth, claviger_real.pwrite(file, bytes, admitted, offset));
}

static size_t total(const struct iovec *pieces, int count) {
    size_t sum = 0;
    for (int piece = 0; piece < count; piece++) {
        if (__builtin_add_overflow(sum, pieces[piece].iov_len, &sum)) return SIZE_MAX;
    }
    return sum;
}

// The first `count` bytes of the pieces. Returns how many pieces they are.
static int shorten(const struct iovec *pieces, size_t count, struct iovec *into) {
    int used = 0;
    for (; count > 0; used++) {
        into[used] = pieces[used];
        if (into[used].iov_len > count) into[used].iov_len = count;
        count -= into[used].iov_len;
    }
    return used;
}

CLAVIGER_EXPORT ssize_t pwritev2(int file, const struct iovec *pieces, int count, off_t offset, int flags) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE) || count < 0 || count > IOV_MAX || offset < at_position) {
        return claviger_real.pwritev2(file, pieces, count, offset, flags);
    }
    struct growth growth;
    size_t wanted = total(pieces, count), admitted = admit(file, offset, flags & RWF_APPEND, wanted, &growth);
    if (admitted == 0 && wanted > 0) return refuse();
    if (admitted == wanted) return end(&growth, claviger_real.pwritev2(file, pieces, count, offset, flags));
    struct iovec fitting[IOV_MAX];
    int used = shorten(pieces, admitted, fitting);
    return end(&growth, claviger_real.pwritev2(file, fitting, used, offset, flags));
}

CLAVIGER_EXPORT ssize_t writev(int file, const struct iovec *pieces, int count) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.writev(file, pieces, count);
    return pwritev2(file, pieces, count, at_position, 0);
}

CLAVIGER_EXPORT ssize_t pwritev(int file, const struct iovec *pieces, int count, off_t offset) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE) || offset < 0) return claviger_real.pwritev(file, pieces, count, offset);
    return pwritev2(file, pieces, count, offset, 0);
}

// Bytes that a copy will find, so that its end is not taken for a write without space.
static size_t source(int from, const off_t *offset, size_t count) {
    int error = errno;
    int64_t length = 0, position = offset ? *offset : lseek(from, 0, SEEK_CUR);
    bool isKnown = position >= 0 && find_length(from, &length);
    errno = error;
    if (!isKnown) return count;
    if (position >= length) return 0;
    return (uint64_t)(length - position) < count ? (size_t)(length - position) : count;
}

CLAVIGER_EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.sendfile(to, from, offset, count);
    struct growth growth;
    size_t wanted = source(from, offset, count), admitted = admit(to, at_position, false, wanted, &growth);
    if (admitted == 0 && wanted > 0) return refuse();
    return end(&growth, claviger_real.sendfile(to, from, offset, wanted == 0 ? count : admitted));
}

CLAVIGER_EXPORT ssize_t copy_file_range(
    int from, off_t *read, int to, off_t *written, size_t count, unsigned flags) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) {
        return claviger_real.copy_file_range(from, read, to, written, count, flags);
    }
    struct growth growth;
    size_t wanted = source(from, read, count);
    size_t admitted = admit(to, written ? *written : at_position, false, wanted, &growth);
    if (admitted == 0 && wanted > 0) return refuse();
    admitted = wanted == 0 ? count : admitted;
    return end(&growth, claviger_real.copy_file_range(from, read, to, written, admitted, flags));
}

// MARK: - Lengths

// Takes what a file will grow by if there is all of it. False: there is not.
static bool take_whole(unsigned areas, int64_t bytes) {
    if (areas == 0 || bytes <= 0) return true;
    int64_t taken = claviger_take(areas, bytes);
    if (taken == bytes) return true;
    claviger_give(areas, taken);
    return false;
}

// For the three kinds of preallocation. What keeps the length takes nothing, but needs the space to be there.
static bool can_reserve(int file, int mode, off_t offset, off_t count, unsigned *areas, int64_t *growth) {
    int64_t length = 0;
    *areas = claviger_areas_of(file);
    *growth = 0;
    if (*areas == 0 || (mode & ~FALLOC_FL_KEEP_SIZE) || offset < 0 || count <= 0 || !find_length(file, &length)) {
        return true;
    }
    int64_t wanted = claviger_clamped((__int128)offset + count - length);
    if (mode & FALLOC_FL_KEEP_SIZE) return wanted <= claviger_left(*areas);
    if (!take_whole(*areas, wanted)) return false;
    *growth = wanted;
    return true;
}

CLAVIGER_EXPORT int fallocate(int file, int mode, off_t offset, off_t count) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.fallocate(file, mode, offset, count);
    unsigned areas;
    int64_t growth;
    if (!can_reserve(file, mode, offset, count, &areas, &growth)) return refuse();
    int result = claviger_real.fallocate(file, mode, offset, count);
    if (result != 0) claviger_give(areas, growth);
    return result;
}

CLAVIGER_EXPORT int posix_fallocate(int file, off_t offset, off_t count) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.posix_fallocate(file, offset, count);
    unsigned areas;
    int64_t growth;
    int error = errno;
    if (!can_reserve(file, 0, offset, count, &areas, &growth)) {
        refuse();
        errno = error;
        return ENOSPC;
    }
    int result = claviger_real.posix_fallocate(file, offset, count);
    if (result != 0) claviger_give(areas, growth);
    return result;
}

CLAVIGER_EXPORT int ftruncate(int file, off_t length) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.ftruncate(file, length);
    unsigned areas = claviger_areas_of(file);
    int64_t before = 0;
    if (areas == 0 || length < 0 || !find_length(file, &before)) return claviger_real.ftruncate(file, length);
    if (!take_whole(areas, length - before)) return refuse();
    int result = claviger_real.ftruncate(file, length);
    if (result == 0)
        claviger_give(areas, before - length);
    else
        claviger_give(areas, length - before);
    return result;
}

CLAVIGER_EXPORT int truncate(const char *path, off_t length) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.truncate(path, length);
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return claviger_real.truncate(path, length);
    int result = ftruncate(file, length), error = errno;
    close(file);
    errno = error;
    return result;
}

CLAVIGER_ALIAS(ssize_t, pwrite64, (int file, const void *bytes, size_t count, off64_t offset), pwrite)
CLAVIGER_ALIAS(ssize_t, pwritev64, (int file, const struct iovec *pieces, int count, off64_t offset), pwritev)
CLAVIGER_ALIAS(
    ssize_t, pwritev64v2, (int file, const struct iovec *pieces, int count, off64_t offset, int flags), pwritev2)
CLAVIGER_ALIAS(ssize_t, sendfile64, (int to, int from, off64_t *offset, size_t count), sendfile)
CLAVIGER_ALIAS(int, fallocate64, (int file, int mode, off64_t offset, off64_t count), fallocate)
CLAVIGER_ALIAS(int, posix_fallocate64, (int file, off64_t offset, off64_t count), posix_fallocate)
CLAVIGER_ALIAS(int, ftruncate64, (int file, off64_t length), ftruncate)
CLAVIGER_ALIAS(int, truncate64, (const char *path, off64_t length), truncate)
