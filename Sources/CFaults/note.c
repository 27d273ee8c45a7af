#include "faults.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

// A note says how long a file was when a sync of it was asked for that has succeeded: so much of it outlives a loss of
// power. That is the whole truth of files that only grow at their end, and of those that are written beside, synced and
// renamed. What is overwritten in place counts as on disk, which a disk may well do. Audit records are in a database
// that overwrites, so their folder has no notes.

// Two syncs of one file may end in another order than they began.
static pthread_mutex_t noting = PTHREAD_MUTEX_INITIALIZER;

static bool has_notes(unsigned areas) { return areas != 0 && !(areas >> CLAVIGER_AREA_AUDIT & 1); }

int64_t claviger_length_to_note(int file) {
    int error = errno;
    struct stat facts;
    bool isNoted = has_notes(claviger_areas_of(file)) && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
    errno = error;
    return isNoted ? facts.st_size : -1;
}

// Never less than an earlier note, unless the file itself is shorter now.
static bool note(int file, int64_t length) {
    struct stat facts;
    int64_t noted = 0;
    if (fgetxattr(file, CLAVIGER_SYNCED_ATTRIBUTE, &noted, sizeof noted) != (ssize_t)sizeof noted) noted = 0;
    if (fstat(file, &facts) != 0) return false;
    if (length < noted) length = noted;
    if (length > facts.st_size) length = facts.st_size;
    return length == noted || fsetxattr(file, CLAVIGER_SYNCED_ATTRIBUTE, &length, sizeof length, 0) == 0;
}

void claviger_note_length(int file, int64_t length) {
    int error = errno;
    pthread_mutex_lock(&noting);
    bool isNoted = note(file, length);
    pthread_mutex_unlock(&noting);
    claviger_add(isNoted ? &claviger_page->seen.syncs_noted : &claviger_page->seen.syncs_unnoted);
    errno = error;
}

void claviger_miss_sync(unsigned areas) {
    if (has_notes(areas)) claviger_add(&claviger_page->seen.syncs_unnoted);
}
