import Glibc

/// A folder that is emptied, filled and removed by a run.
final class ScratchFolder {
    let path: String

    /// Makes a new folder below `base`. Nil when that is impossible.
    init?(below base: String) {
        var template = Array("\(base)/claviger-sim-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        clear()
        rmdir(path)
    }

    /// Where a run keeps its files unless it is told: memory, as long as the system has it as a folder.
    static var base: String { access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp" }

    func clear() { Self.clear(path) }

    /// Every file below with its path from here, in order.
    func files() -> [String] { Self.files(path).map { String($0.dropFirst(path.utf8.count + 1)) } }

    func read(_ name: String) -> [UInt8] {
        let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: max(0, size))
        let got = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
        return got == size ? bytes : []
    }

    /// Writes a file with the folders above it, for this user only.
    func write(_ bytes: [UInt8], to name: String) {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o700)
        }
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }

    private static func children(_ folder: String) -> [(path: String, isFolder: Bool)] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var found: [(path: String, isFolder: Bool)] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
            found.append(("\(folder)/\(name)", status.st_mode & S_IFMT == S_IFDIR))
        }
        return found.sorted { $0.path < $1.path }
    }

    private static func files(_ folder: String) -> [String] {
        children(folder).flatMap { $0.isFolder ? files($0.path) : [$0.path] }
    }

    private static func clear(_ folder: String) {
        for child in children(folder) {
            if child.isFolder {
                clear(child.path)
                rmdir(child.path)
            } else {
                unlink(child.path)
            }
        }
    }
}
