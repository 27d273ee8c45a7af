#ifndef CLAVIGER_CPLATFORM_H
#define CLAVIGER_CPLATFORM_H

#include <stddef.h>
#include <stdint.h>

/// Overwrites `count` bytes with zeros; the compiler may not remove it (explicit_bzero(3)).
void claviger_wipe(void *bytes, size_t count);

/// Forbids core dumps and ptrace by other users for this process (prctl(2), PR_SET_DUMPABLE). Returns 0 or -1 with errno.
int claviger_forbid_dumps(void);

/// Asks the kernel to send `signal` to this process when its parent ends (prctl(2), PR_SET_PDEATHSIG). Returns 0 or -1.
int claviger_die_with_parent(int signal);

/// Names the calling thread, at most 15 bytes (prctl(2), PR_SET_NAME).
void claviger_name_thread(const char *name);

/// CRC-32C (Castagnoli) of `count` bytes, continued from `crc`.
uint32_t claviger_crc32c(uint32_t crc, const void *bytes, size_t count);

#endif
