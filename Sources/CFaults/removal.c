#include "faults.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct removal {
    unsigned areas;
    int64_t bytes;
    dev_t device;
    ino_t number;
};

// What goes when the name goes: nothing if the file has another.
static struct removal look(int folder, const char *path) {
    struct stat facts;
    unsigned areas = claviger_areas_of_path(folder, path, O_NOFOLLOW, &facts);
    if (areas == 0 || !S_ISREG(facts.st_mode) || facts.st_nlink != 1) return (struct removal){0};
    return (struct removal){areas, facts.st_size, facts.st_dev, facts.st_ino};
}

static int end(const struct removal *removal, int result) {
    if (result == 0) claviger_give(removal->areas, removal->bytes);
    return result;
}

CLAVIGER_EXPORT int unlink(const char *path) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.unlink(path);
    struct removal removal = look(AT_FDCWD, path);
    return end(&removal, claviger_real.unlink(path));
}

CLAVIGER_EXPORT int unlinkat(int folder, const char *path, int flags) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.unlinkat(folder, path, flags);
    struct removal removal = look(folder, path);
    return end(&removal, claviger_real.unlinkat(folder, path, flags));
}

CLAVIGER_EXPORT int remove(const char *path) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.remove(path);
    struct removal removal = look(AT_FDCWD, path);
    return end(&removal, claviger_real.remove(path));
}

// A file that another is renamed over goes too, unless they are the same.
static struct removal look_over(int from, const char *path, int to, const char *target) {
    struct removal removal = look(to, target);
    struct stat facts;
    if (removal.areas == 0 || claviger_areas_of_path(from, path, O_NOFOLLOW, &facts) == 0) return removal;
    bool isSame = facts.st_dev == removal.device && facts.st_ino == removal.number;
    return isSame ? (struct removal){0} : removal;
}

CLAVIGER_EXPORT int rename(const char *path, const char *target) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.rename(path, target);
    struct removal removal = look_over(AT_FDCWD, path, AT_FDCWD, target);
    return end(&removal, claviger_real.rename(path, target));
}

CLAVIGER_EXPORT int renameat(int from, const char *path, int to, const char *target) {
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE)) return claviger_real.renameat(from, path, to, target);
    struct removal removal = look_over(from, path, to, target);
    return end(&removal, claviger_real.renameat(from, path, to, target));
}

CLAVIGER_EXPORT int renameat2(int from, const char *path, int to, const char *target, unsigned flags) {
    // With flags nothing is replaced.
    if (!claviger_is_on(CLAVIGER_FAULT_SPACE) || flags != 0) {
        return claviger_real.renameat2(from, path, to, target, flags);
    }
    struct removal removal = look_over(from, path, to, target);
    return end(&removal, claviger_real.renameat2(from, path, to, target, flags));
}
