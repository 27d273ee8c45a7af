import Glibc

/// A listening unix socket with explicit owner and mode, set before anyone can connect.
package struct UnixSocketOptions: Sendable {
    package var path: String
    /// Permission bits; never for others.
    package var mode: UInt32
    package var owner: UInt32?
    package var group: UInt32?

    package init(path: String, mode: UInt32 = 0o660, owner: UInt32? = nil, group: UInt32? = nil) {
        self.path = path
        self.mode = mode
        self.owner = owner
        self.group = group
    }
}

struct UnixSocket {
    let descriptor: CInt
    let path: String
    private let device: UInt64
    private let inode: UInt64

    /// Connections that wait to be accepted.
    static let backlog: CInt = 1024

    /// Takes the path and listens. All under the directory's lock: another plugin that starts at the same time would
    /// take a socket that is bound but does not listen yet for one that was left behind.
    init(listening options: UnixSocketOptions) throws(TransportError) {
        let path = options.path
        guard path.hasPrefix("/") else {
            throw TransportError(
                "socket path \(path): an absolute path is needed; abstract sockets have no permissions")
        }
        guard path.utf8.count <= 107, !path.utf8.contains(0) else {
            throw TransportError("socket path \(path) is too long")
        }
        guard options.mode & ~0o770 == 0 else { throw TransportError("socket mode must not give access to others") }
        let (descriptor, seen) = try DirectoryLock.holding(directoryOf: path) { () throws(TransportError) in
            try Self.reclaim(path)
            return try Self.make(options)
        }
        self.path = path
        self.descriptor = descriptor
        device = UInt64(seen.st_dev)
        inode = UInt64(seen.st_ino)
    }

    /// Binds, sets mode and owner, and only then listens: until it does, a connect is refused, so nobody comes in
    /// before they are in place.
    private static func make(_ options: UnixSocketOptions) throws(TransportError) -> (CInt, stat) {
        let path = options.path
        let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw failure("socket", path) }
        var isBound = false
        var isDone = false
        defer {
            if !isDone {
                close(fd)
                if isBound { unlink(path) }
            }
        }
        guard withAddress(path, { bind(fd, $0, $1) }) == 0 else { throw failure("bind", path) }
        isBound = true
        // The mode first: after a change of owner it takes a privilege.
        guard chmod(path, options.mode) == 0 else { throw failure("chmod", path) }
        if options.owner != nil || options.group != nil {
            guard lchown(path, options.owner ?? .max, options.group ?? .max) == 0 else { throw failure("chown", path) }
        }
        guard let seen = look(path) else { throw failure("stat", path) }
        guard listen(fd, backlog) == 0 else { throw failure("listen", path) }
        isDone = true
        return (fd, seen)
    }

    /// Removes the file if it is still ours.
    func remove() {
        let removal = { () throws(TransportError) in
            guard let seen = Self.look(path), UInt64(seen.st_dev) == device, UInt64(seen.st_ino) == inode else {
                return
            }
            unlink(path)
        }
        do throws(TransportError) {
            try DirectoryLock.holding(directoryOf: path, removal)
        } catch {
            // Better without the lock than not at all.
            try? removal()
        }
    }

    /// Takes away a socket that nobody answers on; leaves everything else alone and says why.
    private static func reclaim(_ path: String) throws(TransportError) {
        guard let seen = look(path) else {
            guard errno == ENOENT else { throw failure("stat", path) }
            return
        }
        guard seen.st_mode & S_IFMT == S_IFSOCK else { throw TransportError("\(path) exists and is not a socket") }
        let probe = socket(
            AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw failure("socket", path) }
        defer { close(probe) }
        let result = withAddress(path) { connect(probe, $0, $1) }
        guard result != 0, errno == ECONNREFUSED else {
            throw TransportError("\(path) is in use by a running process")
        }
        guard let again = look(path), again.st_ino == seen.st_ino, again.st_dev == seen.st_dev else {
            throw TransportError("\(path) changed while it was being reclaimed")
        }
        guard unlink(path) == 0 else { throw failure("unlink", path) }
    }

    private static func look(_ path: String) -> stat? {
        var seen = stat()
        return lstat(path, &seen) == 0 ? seen : nil
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }

    private static func failure(_ what: String, _ path: String) -> TransportError {
        TransportError("\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
