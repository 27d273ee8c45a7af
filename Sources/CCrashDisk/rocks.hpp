#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "disk.hpp"

namespace claviger {

/// RocksDB's view of a disk: every write, sync and change of names is told to the disk and may be refused by it.
class DiskFileSystem : public rocksdb::FileSystemWrapper {
  public:
    DiskFileSystem(std::shared_ptr<rocksdb::FileSystem> target, Disk *disk)
        : FileSystemWrapper(std::move(target)), disk_(disk) {}

    const char *Name() const override { return "claviger-disk"; }

    rocksdb::IOStatus NewWritableFile(
        const std::string &path, const rocksdb::FileOptions &options,
        std::unique_ptr<rocksdb::FSWritableFile> *result, rocksdb::IODebugContext *context) override;
    rocksdb::IOStatus ReopenWritableFile(
        const std::string &path, const rocksdb::FileOptions &options,
        std::unique_ptr<rocksdb::FSWritableFile> *result, rocksdb::IODebugContext *context) override;
    rocksdb::IOStatus ReuseWritableFile(
        const std::string &, const std::string &, const rocksdb::FileOptions &,
        std::unique_ptr<rocksdb::FSWritableFile> *, rocksdb::IODebugContext *) override {
        return rocksdb::IOStatus::NotSupported("reuse of files");
    }
    rocksdb::IOStatus NewRandomRWFile(
        const std::string &, const rocksdb::FileOptions &, std::unique_ptr<rocksdb::FSRandomRWFile> *,
        rocksdb::IODebugContext *) override {
        return rocksdb::IOStatus::NotSupported("files to be changed in place");
    }
    rocksdb::IOStatus NewDirectory(
        const std::string &path, const rocksdb::IOOptions &options, std::unique_ptr<rocksdb::FSDirectory> *result,
        rocksdb::IODebugContext *context) override;
    rocksdb::IOStatus DeleteFile(
        const std::string &path, const rocksdb::IOOptions &options, rocksdb::IODebugContext *context) override;
    rocksdb::IOStatus CreateDir(
        const std::string &path, const rocksdb::IOOptions &options, rocksdb::IODebugContext *context) override;
    rocksdb::IOStatus CreateDirIfMissing(
        const std::string &path, const rocksdb::IOOptions &options, rocksdb::IODebugContext *context) override;
    rocksdb::IOStatus RenameFile(
        const std::string &from, const std::string &to, const rocksdb::IOOptions &options,
        rocksdb::IODebugContext *context) override;
    rocksdb::IOStatus Truncate(
        const std::string &, size_t, const rocksdb::IOOptions &, rocksdb::IODebugContext *) override {
        return rocksdb::IOStatus::NotSupported("truncation by name");
    }
    rocksdb::IOStatus LinkFile(
        const std::string &, const std::string &, const rocksdb::IOOptions &, rocksdb::IODebugContext *) override {
        return rocksdb::IOStatus::NotSupported("links");
    }

  private:
    Disk *const disk_;
};

/// An environment whose background work runs on one thread, one job after another, and only when it is let.
class DiskEnvironment : public rocksdb::EnvWrapper {
  public:
    explicit DiskEnvironment(Disk *disk);
    ~DiskEnvironment() override;

    const char *Name() const override { return "claviger-disk"; }

    void Schedule(
        void (*function)(void *), void *argument, Priority priority, void *tag,
        void (*unschedule)(void *)) override;
    int UnSchedule(void *tag, Priority priority) override;
    unsigned int GetThreadPoolQueueLen(Priority priority) const override;

    void gate(bool open);
    void settle();

  private:
    struct Job {
        void (*function)(void *);
        void *argument;
        Priority priority;
        void *tag;
        void (*unschedule)(void *);
    };

    void work();

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool is_open_ = true;
    bool is_running_ = false;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace claviger
