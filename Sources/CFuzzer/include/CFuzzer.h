#ifndef CLAVIGER_CFUZZER_H
#define CLAVIGER_CFUZZER_H

#include <stddef.h>
#include <stdint.h>

// LLVM's libFuzzer as a library (llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library"). Only a build for
// fuzzing links it (`make fuzz`); in every other build these are null.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*examine)(const uint8_t *data, size_t size))
    __attribute__((weak));
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t limit) __attribute__((weak));

// Whether this build links libFuzzer.
static inline int claviger_fuzzer_is_linked(void) { return LLVMFuzzerRunDriver != NULL; }

// Runs libFuzzer on this thread; returns -1 where it is not linked.
static inline int claviger_fuzzer_run(int *argc, char ***argv, int (*examine)(const uint8_t *data, size_t size)) {
  return LLVMFuzzerRunDriver ? LLVMFuzzerRunDriver(argc, argv, examine) : -1;
}

// libFuzzer's own mutation of `data`, in place; returns the new size.
static inline size_t claviger_fuzzer_mutate(uint8_t *data, size_t size, size_t limit) {
  return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, limit) : size;
}

#endif
