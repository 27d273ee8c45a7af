#include "CChaos.h"

#include <sys/stat.h>

static void fill(struct claviger_file_status *status, const struct stat *found) {
    status->is_folder = S_ISDIR(found->st_mode);
    status->is_plain = S_ISREG(found->st_mode);
    status->mode = found->st_mode & 07777;
    status->owner = found->st_uid;
    status->device = found->st_dev;
}

int claviger_file_look(const char *path, struct claviger_file_status *status) {
    struct stat found;
    if (lstat(path, &found) != 0) return -1;
    fill(status, &found);
    return 0;
}

int claviger_file_look_into(int descriptor, struct claviger_file_status *status) {
    struct stat found;
    if (fstat(descriptor, &found) != 0) return -1;
    fill(status, &found);
    return 0;
}
