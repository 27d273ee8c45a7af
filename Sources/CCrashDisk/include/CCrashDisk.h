#ifndef CLAVIGER_CCRASHDISK_H
#define CLAVIGER_CCRASHDISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A disk that remembers which bytes and names were synced, and can lose the others. For the simulator only.
///
/// Files are real ones below a root, so that everything reads them as usual. RocksDB writes through an environment of
/// its own (setting `env=` and the name below); what else writes there goes through the calls of this header. Nothing is
/// synced for real.
typedef struct claviger_disk claviger_disk;

/// What a crash leaves of bytes that were not synced.
enum claviger_crash {
    /// Nothing, nor names whose directory was not synced.
    CLAVIGER_CRASH_LOST = 0,
    /// Everything: the process was killed, the machine lives on.
    CLAVIGER_CRASH_KEPT = 1,
    /// For each file a prefix in the order of writing; for each directory a prefix of its changes.
    CLAVIGER_CRASH_CUT = 2,
    /// For each sector of 512 bytes the new or the old content, for each directory a prefix of its changes.
    CLAVIGER_CRASH_TORN = 3,
};

/// Takes what is below `root` as durable. NULL when it cannot be read.
claviger_disk *claviger_disk_mount(const char *root);
/// Nothing may be open on it any more.
void claviger_disk_free(claviger_disk *disk);

/// The number N in the name `claviger-disk:N` of the disk's RocksDB environment.
uint64_t claviger_disk_number(const claviger_disk *disk);

/// Writes, syncs and changes of names so far.
uint64_t claviger_disk_steps(const claviger_disk *disk);
/// The machine dies before step `kill_at`; 0 for never. What runs on after that succeeds in a void: a real process would
/// be gone, and RocksDB has its assertions on. The first step from `refuse_at` on that the calling thread makes fails and
/// does nothing. A refused sync loses the bytes for good although they can still be read, as Linux does (Rebello et al.,
/// USENIX ATC 2020).
void claviger_disk_plan(claviger_disk *disk, uint64_t kill_at, uint64_t refuse_at);
/// The process ends now: nothing that it still does reaches the disk.
void claviger_disk_kill(claviger_disk *disk);
bool claviger_disk_is_dead(const claviger_disk *disk);
/// Whether the planned refusal came.
bool claviger_disk_has_refused(const claviger_disk *disk);

/// Whether background work of RocksDB runs as it comes, for calls that wait for it, or stands back until `settle`.
void claviger_disk_gate(claviger_disk *disk, bool open);
/// Runs all background work and waits for its end, so that it falls between the same steps in every run.
void claviger_disk_settle(claviger_disk *disk);

/// Puts the files in the state a crash leaves, decided by `seed`, and starts the machine again. Bytes that were written
/// and are gone are counted in `lost`. Returns 0 or an errno. Nothing may be open.
int claviger_disk_crash(claviger_disk *disk, enum claviger_crash mode, uint64_t seed, uint64_t *lost);

/// One step each; 0 or an errno. `write` makes the file anew with `create`.
int claviger_disk_make_directory(claviger_disk *disk, const char *path);
int claviger_disk_write(
    claviger_disk *disk, const char *path, uint64_t offset, const void *bytes, size_t count, bool create);
int claviger_disk_sync(claviger_disk *disk, const char *path);
int claviger_disk_rename(claviger_disk *disk, const char *from, const char *to);
int claviger_disk_sync_directory(claviger_disk *disk, const char *path);

#ifdef __cplusplus
}
#endif

#endif
