#define _GNU_SOURCE
#include "CPlatform.h"

#include <string.h>
#include <sys/prctl.h>

void claviger_wipe(void *bytes, size_t count) { explicit_bzero(bytes, count); }

int claviger_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int claviger_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

void claviger_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// Reflected polynomial 0x82F63B78 (RFC 3720 appendix B.4), by the processor's instruction where it has one.
#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc_hardware(uint32_t crc, const uint8_t *bytes, size_t count) {
    uint64_t state = crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        state = _mm_crc32_u64(state, word);
        bytes += 8;
        count -= 8;
    }
    uint32_t tail = (uint32_t)state;
    while (count--) tail = _mm_crc32_u8(tail, *bytes++);
    return tail;
}
#endif

static uint32_t crc_portable(uint32_t crc, const uint8_t *bytes, size_t count) {
    while (count--) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1u)));
    }
    return crc;
}

uint32_t claviger_crc32c(uint32_t crc, const void *bytes, size_t count) {
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~crc_hardware(crc, bytes, count);
#endif
    return ~crc_portable(crc, bytes, count);
}
