#include <fcntl.h>
#include <rocksdb/utilities/object_registry.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "rocks.hpp"

struct claviger_disk {
    uint64_t number = 0;
    std::unique_ptr<claviger::Disk> disk;
    std::unique_ptr<claviger::DiskEnvironment> environment;
};

namespace {

/// The disks that are mounted, by number. RocksDB finds an environment by its name only.
struct Mounts {
    std::mutex mutex;
    std::map<uint64_t, claviger_disk *> disks;
    uint64_t last = 0;
    bool is_registered = false;
};

Mounts &mounts() {
    static auto *const instance = new Mounts;
    return *instance;
}

rocksdb::Env *find(const std::string &name, std::unique_ptr<rocksdb::Env> *, std::string *message) {
    const auto number = std::strtoull(name.substr(name.find(':') + 1).c_str(), nullptr, 10);
    const std::lock_guard lock(mounts().mutex);
    const auto found = mounts().disks.find(number);
    if (found != mounts().disks.end()) return found->second->environment.get();
    *message = "no such disk is mounted";
    return nullptr;
}

}  // namespace

claviger_disk *claviger_disk_mount(const char *root) {
    auto mounted = std::make_unique<claviger_disk>();
    mounted->disk = std::make_unique<claviger::Disk>(claviger::normalized(root));
    if (!mounted->disk->mount()) return nullptr;
    mounted->environment = std::make_unique<claviger::DiskEnvironment>(mounted->disk.get());
    const std::lock_guard lock(mounts().mutex);
    if (!mounts().is_registered) {
        mounts().is_registered = true;
        rocksdb::ObjectLibrary::PatternEntry pattern("claviger-disk", false);
        pattern.AddNumber(":");
        rocksdb::ObjectLibrary::Default()->AddFactory<rocksdb::Env>(pattern, find);
    }
    mounted->number = ++mounts().last;
    mounts().disks[mounted->number] = mounted.get();
    return mounted.release();
}

void claviger_disk_free(claviger_disk *disk) {
    {
        const std::lock_guard lock(mounts().mutex);
        mounts().disks.erase(disk->number);
    }
    delete disk;
}

uint64_t claviger_disk_number(const claviger_disk *disk) { return disk->number; }
uint64_t claviger_disk_steps(const claviger_disk *disk) { return disk->disk->steps(); }
bool claviger_disk_is_dead(const claviger_disk *disk) { return disk->disk->is_dead(); }
bool claviger_disk_has_refused(const claviger_disk *disk) { return disk->disk->has_refused(); }
void claviger_disk_gate(claviger_disk *disk, bool open) { disk->environment->gate(open); }
void claviger_disk_settle(claviger_disk *disk) { disk->environment->settle(); }

void claviger_disk_plan(claviger_disk *disk, uint64_t kill_at, uint64_t refuse_at) {
    disk->disk->plan(kill_at, refuse_at);
}

void claviger_disk_kill(claviger_disk *disk) {
    disk->disk->kill();
    // What waits in the background must come to its end, by failing.
    disk->environment->gate(true);
}

int claviger_disk_crash(claviger_disk *disk, enum claviger_crash mode, uint64_t seed, uint64_t *lost) {
    disk->environment->gate(true);
    return disk->disk->crash(mode, seed, lost);
}

int claviger_disk_make_directory(claviger_disk *disk, const char *path) {
    if (const int error = disk->disk->make_directory(claviger::normalized(path))) return error;
    return ::mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

int claviger_disk_write(
    claviger_disk *disk, const char *path, uint64_t offset, const void *bytes, size_t count, bool create) {
    const auto name = claviger::normalized(path);
    std::shared_ptr<claviger::Node> node;
    if (create) {
        if (const int error = disk->disk->create(name, &node)) return error;
        ::unlink(path);
    }
    if (disk->disk->is_dead()) return 0;
    const auto *characters = static_cast<const char *>(bytes);
    if (const int error = disk->disk->overwrite(name, offset, characters, count)) return error;
    const int file = ::open(path, O_WRONLY | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
    if (file < 0) return errno;
    const auto wrote = ::pwrite(file, bytes, count, static_cast<off_t>(offset));
    ::close(file);
    return wrote == static_cast<ssize_t>(count) ? 0 : EIO;
}

int claviger_disk_sync(claviger_disk *disk, const char *path) { return disk->disk->sync(claviger::normalized(path)); }

int claviger_disk_rename(claviger_disk *disk, const char *from, const char *to) {
    if (disk->disk->is_dead()) return 0;
    if (const int error = disk->disk->rename(claviger::normalized(from), claviger::normalized(to))) return error;
    return std::rename(from, to) == 0 ? 0 : errno;
}

int claviger_disk_sync_directory(claviger_disk *disk, const char *path) {
    return disk->disk->sync_directory(claviger::normalized(path));
}
