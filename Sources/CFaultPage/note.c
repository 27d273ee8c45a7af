#include "CFaultPage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

int claviger_try_note(const char *folder) {
    int64_t length = 0;
    if (setxattr(folder, CLAVIGER_SYNCED_ATTRIBUTE, &length, sizeof length, 0) != 0) return errno;
    return removexattr(folder, CLAVIGER_SYNCED_ATTRIBUTE) == 0 ? 0 : errno;
}

static int64_t noted_length(int file) {
    int64_t length = 0;
    ssize_t count = fgetxattr(file, CLAVIGER_SYNCED_ATTRIBUTE, &length, sizeof length);
    if (count == (ssize_t)sizeof length && length >= 0) return length;
    if (count < 0) return errno == ENODATA ? 0 : -1;
    errno = EINVAL;
    return -1;
}

int64_t claviger_noted_length(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return -1;
    int64_t length = noted_length(file);
    int error = errno;
    close(file);
    errno = error;
    return length;
}

static int64_t cut(int file) {
    struct stat facts;
    if (fstat(file, &facts) != 0) return -1;
    if (!S_ISREG(facts.st_mode)) return 0;
    int64_t length = noted_length(file);
    if (length < 0 || facts.st_size <= length) return length < 0 ? -1 : 0;
    return ftruncate(file, length) == 0 ? facts.st_size - length : -1;
}

int64_t claviger_cut_to_note(const char *path) {
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return -1;
    int64_t lost = cut(file);
    int error = errno;
    close(file);
    errno = error;
    return lost;
}
