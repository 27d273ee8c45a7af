#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "CCrashDisk.h"

namespace claviger {

/// A file or directory, whatever it is called at the moment.
struct Node {
    bool is_directory = false;
    /// What a running process reads.
    std::string content;
    /// What the last sync made safe.
    std::string durable;
    /// Written since, as offset and length, in the order of writing.
    std::vector<std::pair<size_t, size_t>> dirty;
};

/// A splitmix64 generator: the same on every machine.
class Chance {
  public:
    explicit Chance(uint64_t seed) : state_(seed) {}
    uint64_t next();
    /// A number below `bound`, which is not zero.
    uint64_t below(uint64_t bound) { return next() % bound; }

  private:
    uint64_t state_;
};

/// The names and bytes below a root, as they are and as a crash would leave them.
class Disk {
  public:
    explicit Disk(std::string root) : root_(std::move(root)) {}

    /// Reads what is there. False when that is impossible.
    bool mount();

    /// Whether the disk keeps account of the path: RocksDB's own log and lock files are left alone.
    bool tracks(const std::string &path) const;

    // Each is one step: 0 or an errno. The caller changes the real file, which is made anew at the crash.
    int create(const std::string &path, std::shared_ptr<Node> *node);
    int make_directory(const std::string &path);
    int append(Node &node, const char *bytes, size_t count);
    int overwrite(const std::string &path, uint64_t offset, const char *bytes, size_t count);
    int truncate(Node &node, uint64_t size);
    int sync(Node &node);
    int sync(const std::string &path);
    int rename(const std::string &from, const std::string &to);
    int remove(const std::string &path);
    int sync_directory(const std::string &path);

    std::shared_ptr<Node> find(const std::string &path) const;
    int crash(claviger_crash mode, uint64_t seed, uint64_t *lost);

    void plan(uint64_t kill_at, uint64_t refuse_at);
    void kill();
    bool is_dead() const;
    bool has_refused() const;
    uint64_t steps() const;

  private:
    using Names = std::map<std::string, std::shared_ptr<Node>>;
    /// Names given (with a node) and taken away (without) in one step.
    using Change = std::vector<std::pair<std::string, std::shared_ptr<Node>>>;

    bool mount_directory(const std::string &path);
    /// Counts a step. False when nothing may change: with an error where the disk refuses, without one where the
    /// machine is dead and whoever runs on does so in a void.
    bool step(int *error);
    void change(const std::string &directory, Change change);
    bool is_reachable(const Names &names, const std::string &path) const;
    int materialize(const std::map<Node *, std::string> &contents);

    const std::string root_;
    mutable std::mutex mutex_;
    Names current_;
    Names durable_;
    std::map<std::string, std::vector<Change>> pending_;
    uint64_t steps_ = 0;
    uint64_t kill_at_ = 0;
    uint64_t refuse_at_ = 0;
    bool is_dead_ = false;
    bool has_refused_ = false;
    /// The thread whose steps may be refused.
    std::thread::id planner_;
};

/// Without doubled slashes and a slash at the end.
std::string normalized(const std::string &path);
/// The directory that holds the path.
std::string parent(const std::string &path);

}  // namespace claviger
