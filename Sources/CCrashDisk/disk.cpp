#include "disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace claviger {
namespace {

constexpr size_t sector = 512;

bool read_file(const std::string &path, std::string *content) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    char buffer[1 << 16];
    ssize_t count;
    while ((count = ::read(file, buffer, sizeof buffer)) > 0) content->append(buffer, static_cast<size_t>(count));
    ::close(file);
    return count == 0;
}

int write_file(const std::string &path, const std::string &content) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    size_t done = 0;
    while (done < content.size()) {
        const ssize_t count = ::write(file, content.data() + done, content.size() - done);
        if (count < 0) {
            const int error = errno;
            ::close(file);
            return error;
        }
        done += static_cast<size_t>(count);
    }
    ::close(file);
    return 0;
}

/// Removes everything below.
void clear_directory(const std::string &path) {
    DIR *directory = ::opendir(path.c_str());
    if (directory == nullptr) return;
    while (const dirent *entry = ::readdir(directory)) {
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        const auto child = path + "/" + name;
        if (::unlink(child.c_str()) == 0) continue;
        clear_directory(child);
        ::rmdir(child.c_str());
    }
    ::closedir(directory);
}

/// Copies a range of `from` to the same place of `to`, which grows with zeros where it is shorter.
void copy_range(const std::string &from, size_t offset, size_t count, std::string *to) {
    if (count == 0 || offset >= from.size()) return;
    count = std::min(count, from.size() - offset);
    if (to->size() < offset + count) to->resize(offset + count, '\0');
    std::memcpy(&(*to)[offset], from.data() + offset, count);
}

/// What a crash leaves of a file.
std::string remains(const Node &node, claviger_crash mode, Chance &chance) {
    std::string left = node.durable;
    size_t total = 0;
    for (const auto &[offset, count] : node.dirty) total += count;
    size_t budget = mode == CLAVIGER_CRASH_LOST ? 0 : total;
    if (mode == CLAVIGER_CRASH_CUT && total > 0) budget = chance.below(total + 1);
    if (mode != CLAVIGER_CRASH_TORN) {
        for (const auto &[offset, count] : node.dirty) {
            const size_t kept = std::min(count, budget);
            copy_range(node.content, offset, kept, &left);
            budget -= kept;
        }
        return left;
    }
    for (const auto &[offset, count] : node.dirty) {
        size_t place = offset;
        while (place < offset + count) {
            const size_t end = std::min(offset + count, (place / sector + 1) * sector);
            if (chance.below(2) == 0) copy_range(node.content, place, end - place, &left);
            place = end;
        }
    }
    // The new length may be on disk before the bytes.
    if (total > 0 && chance.below(2) == 0 && left.size() < node.content.size()) left.resize(node.content.size(), '\0');
    return left;
}

}  // namespace

uint64_t Chance::next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

std::string normalized(const std::string &path) {
    std::string result;
    for (const char c : path) {
        if (c != '/' || result.empty() || result.back() != '/') result.push_back(c);
    }
    while (result.size() > 1 && result.back() == '/') result.pop_back();
    return result;
}

std::string parent(const std::string &path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

bool Disk::tracks(const std::string &path) const {
    if (path.compare(0, root_.size(), root_) != 0) return false;
    const auto name = path.substr(path.rfind('/') + 1);
    return name.compare(0, 3, "LOG") != 0 && name != "LOCK";
}

bool Disk::mount() { return mount_directory(root_); }

bool Disk::mount_directory(const std::string &path) {
    DIR *directory = ::opendir(path.c_str());
    if (directory == nullptr) return false;
    bool is_good = true;
    while (const dirent *entry = ::readdir(directory)) {
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        const auto child = path + "/" + name;
        struct stat status;
        if (::stat(child.c_str(), &status) != 0) {
            is_good = false;
            continue;
        }
        auto node = std::make_shared<Node>();
        if (S_ISDIR(status.st_mode)) {
            node->is_directory = true;
            is_good = mount_directory(child) && is_good;
        } else {
            if (!tracks(child)) continue;
            is_good = read_file(child, &node->content) && is_good;
            node->durable = node->content;
        }
        current_[child] = node;
    }
    ::closedir(directory);
    durable_ = current_;
    return is_good;
}

bool Disk::step(int *error) {
    *error = 0;
    if (is_dead_) return false;
    steps_++;
    if (steps_ == kill_at_) {
        is_dead_ = true;
        return false;
    }
    // RocksDB's background work is not built to meet errors with its assertions on, as Debian builds it.
    if (refuse_at_ > 0 && steps_ >= refuse_at_ && !has_refused_ && std::this_thread::get_id() == planner_) {
        has_refused_ = true;
        *error = EIO;
        return false;
    }
    return true;
}

void Disk::change(const std::string &directory, Change change) {
    for (const auto &[path, node] : change) {
        if (node) current_[path] = node;
        else current_.erase(path);
    }
    pending_[directory].push_back(std::move(change));
}

int Disk::create(const std::string &path, std::shared_ptr<Node> *node) {
    const std::lock_guard lock(mutex_);
    int error;
    const bool counts = step(&error);
    if (error == 0) *node = std::make_shared<Node>();
    if (counts) change(parent(path), {{path, *node}});
    return error;
}

int Disk::make_directory(const std::string &path) {
    const std::lock_guard lock(mutex_);
    if (current_.count(path) > 0) return 0;
    int error;
    if (!step(&error)) return error;
    auto node = std::make_shared<Node>();
    node->is_directory = true;
    change(parent(path), {{path, node}});
    return 0;
}

int Disk::append(Node &node, const char *bytes, size_t count) {
    const std::lock_guard lock(mutex_);
    int error;
    if (!step(&error)) return error;
    node.dirty.emplace_back(node.content.size(), count);
    node.content.append(bytes, count);
    return 0;
}

int Disk::overwrite(const std::string &path, uint64_t offset, const char *bytes, size_t count) {
    const std::lock_guard lock(mutex_);
    int error;
    if (!step(&error)) return error;
    const auto found = current_.find(path);
    if (found == current_.end()) return ENOENT;
    auto &content = found->second->content;
    if (content.size() < offset + count) content.resize(offset + count, '\0');
    std::memcpy(&content[offset], bytes, count);
    found->second->dirty.emplace_back(offset, count);
    return 0;
}

int Disk::truncate(Node &node, uint64_t size) {
    const std::lock_guard lock(mutex_);
    // Files are closed with the length they have; that changes nothing and is no step.
    if (size == node.content.size()) return 0;
    int error;
    if (!step(&error)) return error;
    node.content.resize(size, '\0');
    return 0;
}

int Disk::sync(Node &node) {
    const std::lock_guard lock(mutex_);
    int error;
    const bool counts = step(&error);
    if (counts) {
        for (const auto &[offset, count] : node.dirty) copy_range(node.content, offset, count, &node.durable);
        if (node.durable.size() > node.content.size()) node.durable.resize(node.content.size());
    }
    // After a refusal the bytes are lost for good.
    if (counts || error != 0) node.dirty.clear();
    return error;
}

int Disk::sync(const std::string &path) {
    if (is_dead()) return 0;
    const auto node = find(path);
    return node ? sync(*node) : ENOENT;
}

int Disk::rename(const std::string &from, const std::string &to) {
    const std::lock_guard lock(mutex_);
    int error;
    if (!step(&error)) return error;
    const auto found = current_.find(from);
    if (found == current_.end()) return ENOENT;
    const auto node = found->second;
    change(parent(to), {{from, nullptr}, {to, node}});
    return 0;
}

int Disk::remove(const std::string &path) {
    const std::lock_guard lock(mutex_);
    int error;
    if (!step(&error)) return error;
    if (current_.count(path) == 0) return ENOENT;
    change(parent(path), {{path, nullptr}});
    return 0;
}

int Disk::sync_directory(const std::string &path) {
    const std::lock_guard lock(mutex_);
    int error;
    if (!step(&error)) return error;
    for (const auto &change : pending_[path]) {
        for (const auto &[name, node] : change) {
            if (node) durable_[name] = node;
            else durable_.erase(name);
        }
    }
    pending_[path].clear();
    return 0;
}

std::shared_ptr<Node> Disk::find(const std::string &path) const {
    const std::lock_guard lock(mutex_);
    const auto found = current_.find(path);
    return found == current_.end() ? nullptr : found->second;
}

void Disk::plan(uint64_t kill_at, uint64_t refuse_at) {
    const std::lock_guard lock(mutex_);
    kill_at_ = kill_at;
    refuse_at_ = refuse_at;
    has_refused_ = false;
    planner_ = std::this_thread::get_id();
}

void Disk::kill() {
    const std::lock_guard lock(mutex_);
    is_dead_ = true;
}

bool Disk::is_dead() const {
    const std::lock_guard lock(mutex_);
    return is_dead_;
}

bool Disk::has_refused() const {
    const std::lock_guard lock(mutex_);
    return has_refused_;
}

uint64_t Disk::steps() const {
    const std::lock_guard lock(mutex_);
    return steps_;
}

bool Disk::is_reachable(const Names &names, const std::string &path) const {
    for (auto above = parent(path); above.size() > root_.size(); above = parent(above)) {
        if (names.count(above) == 0) return false;
    }
    return true;
}

int Disk::crash(claviger_crash mode, uint64_t seed, uint64_t *lost) {
    const std::lock_guard lock(mutex_);
    Chance chance(seed);
    for (auto &[directory, changes] : pending_) {
        size_t kept = mode == CLAVIGER_CRASH_LOST ? 0 : changes.size();
        if (mode == CLAVIGER_CRASH_CUT || mode == CLAVIGER_CRASH_TORN) kept = chance.below(changes.size() + 1);
        for (size_t i = 0; i < kept; i++) {
            for (const auto &[name, node] : changes[i]) {
                if (node) durable_[name] = node;
                else durable_.erase(name);
            }
        }
    }
    pending_.clear();
    for (auto entry = durable_.begin(); entry != durable_.end();) {
        entry = is_reachable(durable_, entry->first) ? std::next(entry) : durable_.erase(entry);
    }
    std::map<Node *, std::string> contents;
    *lost = 0;
    for (const auto &[path, node] : durable_) {
        if (node->is_directory || contents.count(node.get()) > 0) continue;
        auto left = remains(*node, mode, chance);
        if (left.size() < node->content.size()) *lost += node->content.size() - left.size();
        contents[node.get()] = std::move(left);
    }
    current_ = durable_;
    const int error = materialize(contents);
    is_dead_ = false;
    kill_at_ = refuse_at_ = 0;
    has_refused_ = false;
    return error;
}

int Disk::materialize(const std::map<Node *, std::string> &contents) {
    clear_directory(root_);
    for (const auto &[path, node] : current_) {
        if (node->is_directory) {
            if (::mkdir(path.c_str(), 0700) != 0) return errno;
            continue;
        }
        if (const int error = write_file(path, contents.at(node.get()))) return error;
    }
    for (const auto &[path, node] : current_) {
        if (node->is_directory) continue;
        node->content = contents.at(node.get());
        node->durable = node->content;
        node->dirty.clear();
    }
    return 0;
}

}  // namespace claviger
