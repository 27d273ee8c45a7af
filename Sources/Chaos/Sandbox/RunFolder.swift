import CChaos
import Glibc
import Synchronization

/// The folder of a run's data: nodes' disks, logs, sockets. Only its owner may look inside.
///
/// A lock file in it is locked (flock(2)) for as long as the run lives, so that another run knows which folders nobody
/// needs any more. The system lets go of the lock when the process ends.
package final class RunFolder: Sendable {
    package let path: String
    /// The locked file; nil when the folder is to stay or is gone.
    private let lock: Mutex<Int32?>

    private static let prefix = "claviger-chaos."
    private static let lockName = ".claviger-chaos.lock"

    /// Makes a folder `claviger-chaos.XXXXXX` in `parent`; in TMPDIR, or in /tmp, if none is given. With `keep` it
    /// stays when the run is over. Throws when it cannot be made or locked.
    package init(keep: Bool = false, in parent: String? = nil) throws(ChaosError) {
        let parent = parent ?? Self.standardParent()
        var template = Array((parent + "/" + Self.prefix + "XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ChaosError(parent, "no folder can be made in it: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard !keep else {
            lock = Mutex(nil)
            return
        }
        guard let file = Self.makeLock(in: path) else {
            let problem = String(cString: strerror(errno))
            rmdir(path)
            throw ChaosError(path, "cannot be locked: \(problem)")
        }
        lock = Mutex(file)
    }

    deinit { remove() }

    /// Whether the folder stays when the run is over.
    package var isKept: Bool { lock.withLock { $0 == nil } && access(path, F_OK) == 0 }

    /// From now on the folder stays, also when the run ends by force: something went wrong and somebody will look.
    package func keep() {
        lock.withLock { lock in
            guard let file = lock else { return }
            unlink(path + "/" + Self.lockName)
            close(file)
            lock = nil
        }
    }

    /// Removes the folder with all that is in it unless it is to be kept. What is mounted inside stays as it is. May be
    /// called more than once.
    package func remove() {
        lock.withLock { lock in
            guard let file = lock else { return }
            Self.clear(path)
            close(file)
            lock = nil
        }
    }

    /// Removes what runs left in `parent` that were ended by force: folders of this user with our lock file in it whose
    /// lock is free. Without one it is where `init` makes them. Returns their paths.
    @discardableResult
    package static func sweep(in parent: String? = nil) -> [String] {
        let parent = parent ?? standardParent()
        var removed: [String] = []
        for name in FolderRemoval.names(in: parent) where isOurs(name) {
            let path = parent + "/" + name
            var status = claviger_file_status()
            guard claviger_file_look(path, &status) == 0, status.is_folder, status.owner == geteuid(),
                let file = takeLock(in: path)
            else { continue }
            clear(path)
            close(file)
            if access(path, F_OK) != 0 { removed.append(path) }
        }
        return removed
    }

    private static func standardParent() -> String {
        guard let value = getenv("TMPDIR") else { return "/tmp" }
        var path = String(cString: value)
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path.hasPrefix("/") && access(path, W_OK | X_OK) == 0 ? path : "/tmp"
    }

    private static func isOurs(_ name: String) -> Bool {
        guard name.hasPrefix(prefix) else { return false }
        let rest = name.utf8.dropFirst(prefix.utf8.count)
        return rest.count == 6 && rest.allSatisfy { $0 < 0x80 && isalnum(Int32($0)) != 0 }
    }

    /// The file gets its name when it is locked, so that no sweep ever sees it unlocked while we live.
    private static func makeLock(in folder: String) -> Int32? {
        let new = folder + "/" + lockName + ".new"
        let file = open(new, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return nil }
        if flock(file, LOCK_EX | LOCK_NB) == 0, rename(new, folder + "/" + lockName) == 0 { return file }
        let problem = errno
        unlink(new)
        close(file)
        errno = problem
        return nil
    }

    /// The lock of a folder whose run has ended.
    private static func takeLock(in folder: String) -> Int32? {
        let file = open(folder + "/" + lockName, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        var status = claviger_file_status()
        if claviger_file_look_into(file, &status) == 0, status.is_plain, status.owner == geteuid(),
            flock(file, LOCK_EX | LOCK_NB) == 0
        {
            return file
        }
        close(file)
        return nil
    }

    /// The lock file goes last, so that a removal that is cut short is finished by a later sweep.
    private static func clear(_ path: String) {
        guard FolderRemoval.empty(path, sparing: lockName) else { return }
        unlink(path + "/" + lockName)
        rmdir(path)
    }
}
