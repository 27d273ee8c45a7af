#include "faults.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CFaults.h"

struct claviger_real claviger_real;
struct claviger_fault_page *claviger_page;

static uint32_t unstarted = ~0u;
static uint32_t none = 0;
uint32_t *claviger_active = &unstarted;

static const char *page_path;
static char data[PATH_MAX];
static size_t data_length;

static void find_real_calls(void) {
#define CLAVIGER_FIND(result, name, parameters) claviger_real.name = (result(*) parameters)dlsym(RTLD_NEXT, #name);
    CLAVIGER_CALLS(CLAVIGER_FIND)
#undef CLAVIGER_FIND
}

// A fault that does not happen looks like one that was survived, so this is said aloud.
static void complain(const char *path, const char *problem) {
    const char *parts[] = {"claviger-faults: ", path, " ", problem, "; no faults\n"};
    struct iovec pieces[5];
    for (int part = 0; part < 5; part++) {
        pieces[part] = (struct iovec){.iov_base = (void *)parts[part], .iov_len = strlen(parts[part])};
    }
    (void)!claviger_real.writev(STDERR_FILENO, pieces, 5);
}

static struct claviger_fault_page *map_page(const char *path) {
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return complain(path, "cannot be opened"), NULL;
    struct stat facts;
    void *mapped = MAP_FAILED;
    if (fstat(file, &facts) == 0 && facts.st_size >= CLAVIGER_FAULT_PAGE_BYTES) {
        mapped = mmap(NULL, CLAVIGER_FAULT_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    close(file);
    if (mapped == MAP_FAILED) return complain(path, "cannot be mapped"), NULL;
    struct claviger_fault_page *page = mapped;
    if (page->magic != CLAVIGER_FAULT_PAGE_MAGIC) {
        munmap(mapped, CLAVIGER_FAULT_PAGE_BYTES);
        return complain(path, "is no page of faults, or one of another version"), NULL;
    }
    return page;
}

// The kernel names files without links and dots. The folder itself may be made later, so only what exists of its path
// is resolved.
static bool find_data(const char *path) {
    char whole[PATH_MAX];
    if (path[0] != '/' || strlen(path) >= sizeof whole) return false;
    strcpy(whole, path);
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/') whole[--length] = 0;
    size_t cut = length;
    while (true) {
        char kept = whole[cut];
        whole[cut] = 0;
        char *found = realpath(cut == 0 ? "/" : whole, data);
        whole[cut] = kept;
        if (found) break;
        if (cut == 0) return false;
        do cut--;
        while (cut > 0 && whole[cut] != '/');
    }
    size_t resolved = strcmp(data, "/") == 0 ? 0 : strlen(data);
    if (resolved + length - cut >= sizeof data) return false;
    memcpy(data + resolved, whole + cut, length - cut + 1);
    data_length = resolved + length - cut;
    return true;
}

static void begin(void) {
    int error = errno;
    find_real_calls();
    uint32_t *active = &none;
    const char *path = getenv("CLAVIGER_FAULTS");
    if (path && *path) claviger_page = map_page(path);
    if (claviger_page) {
        const char *folder = getenv("CLAVIGER_FAULTS_DATA");
        if (folder && *folder && !find_data(folder)) complain(folder, "is not an absolute path of a folder");
        page_path = path;
        claviger_add(&claviger_page->seen.attached);
        active = &claviger_page->active;
    }
    __atomic_store_n(&claviger_active, active, __ATOMIC_RELEASE);
    errno = error;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

__attribute__((cold, noinline)) bool claviger_settle(uint32_t kind) {
    if (__atomic_load_n(&claviger_active, __ATOMIC_ACQUIRE) == &unstarted) pthread_once(&once, begin);
    return __atomic_load_n(__atomic_load_n(&claviger_active, __ATOMIC_ACQUIRE), __ATOMIC_RELAXED) & kind;
}

__attribute__((constructor(101))) static void start(void) { claviger_settle(0); }

CLAVIGER_EXPORT const char *claviger_faults_page(void) { return claviger_page ? page_path : NULL; }

// MARK: - Places

static bool is_below(const char *path, const char *folder) {
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

unsigned claviger_areas_named(const char *path) {
    if (data_length == 0 || strncmp(path, data, data_length) != 0) return 0;
    const char *rest = path + data_length;
    if (*rest != '/') return *rest == 0 ? 1u << CLAVIGER_AREA_ALL : 0;
    if (is_below(rest, "/store")) return 1u << CLAVIGER_AREA_ALL | 1u << CLAVIGER_AREA_STORE;
    if (is_below(rest, "/audit")) return 1u << CLAVIGER_AREA_ALL | 1u << CLAVIGER_AREA_AUDIT;
    return 1u << CLAVIGER_AREA_ALL;
}

// Asked anew each time: a file may be renamed, and a number may be another file's since its last use. While there is a
// fault of the disk that is not too much.
unsigned claviger_areas_of(int file) {
    int error = errno;
    unsigned areas = 0;
    struct stat facts;
    if (fstat(file, &facts) == 0 && (S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode))) {
        char link[32] = "/proc/self/fd/", path[PATH_MAX], digits[12];
        int count = 0;
        for (unsigned rest = (unsigned)file; count == 0 || rest > 0; rest /= 10) digits[count++] = '0' + rest % 10;
        char *end = link + strlen(link);
        while (count > 0) *end++ = digits[--count];
        *end = 0;
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length > 0) {
            path[length] = 0;
            areas = claviger_areas_named(path);
        }
    }
    errno = error;
    return areas;
}
