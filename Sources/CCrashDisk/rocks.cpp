#include "rocks.hpp"

#include <rocksdb/system_clock.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace claviger {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus status(int error) {
    if (error == 0) return IOStatus::OK();
    if (error == ENOENT) return IOStatus::PathNotFound("not on the simulated disk");
    return IOStatus::IOError("the simulated disk refuses");
}

class DiskFile : public rocksdb::FSWritableFileWrapper {
  public:
    DiskFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<Node> node, Disk *disk)
        : FSWritableFileWrapper(file.get()), file_(std::move(file)), node_(std::move(node)), disk_(disk) {}

    IOStatus Append(const Slice &data, const IOOptions &options, IODebugContext *context) override {
        if (const int error = disk_->append(*node_, data.data(), data.size())) return status(error);
        return file_->Append(data, options, context);
    }
    IOStatus Append(
        const Slice &data, const IOOptions &options, const rocksdb::DataVerificationInfo &,
        IODebugContext *context) override {
        return Append(data, options, context);
    }
    IOStatus PositionedAppend(const Slice &, uint64_t, const IOOptions &, IODebugContext *) override {
        return IOStatus::NotSupported("positioned writes");
    }
    IOStatus PositionedAppend(
        const Slice &, uint64_t, const IOOptions &, const rocksdb::DataVerificationInfo &,
        IODebugContext *) override {
        return IOStatus::NotSupported("positioned writes");
    }
    IOStatus Truncate(uint64_t size, const IOOptions &options, IODebugContext *context) override {
        if (const int error = disk_->truncate(*node_, size)) return status(error);
        return file_->Truncate(size, options, context);
    }
    IOStatus Sync(const IOOptions &, IODebugContext *) override { return status(disk_->sync(*node_)); }
    IOStatus Fsync(const IOOptions &, IODebugContext *) override { return status(disk_->sync(*node_)); }
    IOStatus RangeSync(uint64_t, uint64_t, const IOOptions &, IODebugContext *) override { return IOStatus::OK(); }
    void PrepareWrite(size_t, size_t, const IOOptions &, IODebugContext *) override {}
    IOStatus Allocate(uint64_t, uint64_t, const IOOptions &, IODebugContext *) override { return IOStatus::OK(); }

  private:
    const std::unique_ptr<rocksdb::FSWritableFile> file_;
    const std::shared_ptr<Node> node_;
    Disk *const disk_;
};

class DiskDirectory : public rocksdb::FSDirectory {
  public:
    DiskDirectory(std::string path, Disk *disk) : path_(std::move(path)), disk_(disk) {}

    IOStatus Fsync(const IOOptions &, IODebugContext *) override { return status(disk_->sync_directory(path_)); }
    IOStatus Close(const IOOptions &, IODebugContext *) override { return IOStatus::OK(); }

  private:
    const std::string path_;
    Disk *const disk_;
};

/// Does not sleep: RocksDB waits a second after each failure in the background, which here is always for good.
class DiskClock : public rocksdb::SystemClockWrapper {
  public:
    using SystemClockWrapper::SystemClockWrapper;

    const char *Name() const override { return "claviger-clock"; }
    void SleepForMicroseconds(int) override { std::this_thread::yield(); }
};

}  // namespace

IOStatus DiskFileSystem::NewWritableFile(
    const std::string &name, const rocksdb::FileOptions &options, std::unique_ptr<rocksdb::FSWritableFile> *result,
    IODebugContext *context) {
    const auto path = normalized(name);
    if (!disk_->tracks(path)) return target()->NewWritableFile(path, options, result, context);
    std::shared_ptr<Node> node;
    if (const int error = disk_->create(path, &node)) return status(error);
    // A new file, so that the old one under this name keeps its bytes until the name is safe.
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const auto made = target()->NewWritableFile(path, options, &file, context);
    if (made.ok()) *result = std::make_unique<DiskFile>(std::move(file), std::move(node), disk_);
    return made;
}

IOStatus DiskFileSystem::ReopenWritableFile(
    const std::string &name, const rocksdb::FileOptions &options, std::unique_ptr<rocksdb::FSWritableFile> *result,
    IODebugContext *context) {
    const auto path = normalized(name);
    auto node = disk_->find(path);
    if (!node) return NewWritableFile(path, options, result, context);
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const auto made = target()->ReopenWritableFile(path, options, &file, context);
    if (made.ok()) *result = std::make_unique<DiskFile>(std::move(file), std::move(node), disk_);
    return made;
}

IOStatus DiskFileSystem::NewDirectory(
    const std::string &path, const IOOptions &options, std::unique_ptr<rocksdb::FSDirectory> *result,
    IODebugContext *context) {
    const auto found = target()->NewDirectory(path, options, result, context);
    if (found.ok()) *result = std::make_unique<DiskDirectory>(normalized(path), disk_);
    return found;
}

IOStatus DiskFileSystem::DeleteFile(const std::string &name, const IOOptions &options, IODebugContext *context) {
    const auto path = normalized(name);
    if (disk_->tracks(path)) {
        if (const int error = disk_->remove(path)) return status(error);
    }
    return target()->DeleteFile(path, options, context);
}

IOStatus DiskFileSystem::CreateDir(const std::string &path, const IOOptions &options, IODebugContext *context) {
    if (const int error = disk_->make_directory(normalized(path))) return status(error);
    return target()->CreateDir(path, options, context);
}

IOStatus DiskFileSystem::CreateDirIfMissing(
    const std::string &path, const IOOptions &options, IODebugContext *context) {
    if (const int error = disk_->make_directory(normalized(path))) return status(error);
    return target()->CreateDirIfMissing(path, options, context);
}

IOStatus DiskFileSystem::RenameFile(
    const std::string &from, const std::string &to, const IOOptions &options, IODebugContext *context) {
    const auto source = normalized(from);
    const auto target_path = normalized(to);
    if (disk_->tracks(source)) {
        if (const int error = disk_->rename(source, target_path)) return status(error);
    }
    return target()->RenameFile(source, target_path, options, context);
}

DiskEnvironment::DiskEnvironment(Disk *disk) : EnvWrapper(rocksdb::Env::Default()) {
    file_system_ = std::make_shared<DiskFileSystem>(rocksdb::FileSystem::Default(), disk);
    system_clock_ = std::make_shared<DiskClock>(rocksdb::Env::Default()->GetSystemClock());
    thread_ = std::thread([this] { work(); });
}

DiskEnvironment::~DiskEnvironment() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void DiskEnvironment::Schedule(
    void (*function)(void *), void *argument, Priority priority, void *tag, void (*unschedule)(void *)) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back({function, argument, priority, tag, unschedule});
    }
    changed_.notify_all();
}

int DiskEnvironment::UnSchedule(void *tag, Priority priority) {
    std::deque<Job> removed;
    {
        const std::lock_guard lock(mutex_);
        std::deque<Job> kept;
        for (const auto &job : jobs_) (job.tag == tag && job.priority == priority ? removed : kept).push_back(job);
        jobs_ = std::move(kept);
    }
    changed_.notify_all();
    for (const auto &job : removed) {
        if (job.unschedule != nullptr) job.unschedule(job.argument);
    }
    return static_cast<int>(removed.size());
}

unsigned int DiskEnvironment::GetThreadPoolQueueLen(Priority priority) const {
    const std::lock_guard lock(mutex_);
    unsigned int count = 0;
    for (const auto &job : jobs_) count += job.priority == priority ? 1 : 0;
    return count;
}

void DiskEnvironment::gate(bool open) {
    {
        const std::lock_guard lock(mutex_);
        is_open_ = open;
    }
    changed_.notify_all();
}

void DiskEnvironment::settle() {
    std::unique_lock lock(mutex_);
    const bool was_open = std::exchange(is_open_, true);
    changed_.notify_all();
    changed_.wait(lock, [this] { return jobs_.empty() && !is_running_; });
    is_open_ = was_open;
}

void DiskEnvironment::work() {
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        const auto is_due = [this] { return is_ending_ || (is_open_ && !jobs_.empty()); };
        // A caller that waits for a job although the gate is closed must not wait for ever.
        const bool is_called = changed_.wait_for(lock, std::chrono::seconds(5), is_due);
        if (is_ending_ || (!is_called && jobs_.empty())) continue;
        const Job job = jobs_.front();
        jobs_.pop_front();
        is_running_ = true;
        lock.unlock();
        job.function(job.argument);
        lock.lock();
        is_running_ = false;
        changed_.notify_all();
    }
}

}  // namespace claviger
