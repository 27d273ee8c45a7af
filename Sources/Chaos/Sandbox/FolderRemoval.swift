import CChaos
import Glibc

/// Removes what is in a folder, without following links and without leaving its file system: what is mounted inside is
/// not ours to empty.
enum FolderRemoval {
    /// True when nothing is left but `spared`.
    static func empty(_ path: String, sparing spared: String? = nil) -> Bool {
        var status = claviger_file_status()
        guard claviger_file_look(path, &status) == 0, status.is_folder else { return false }
        return empty(path, on: status.device, sparing: spared)
    }

    private static func empty(_ path: String, on device: UInt64, sparing spared: String?) -> Bool {
        // A folder that its owner may not write to was made so by a test of that; it is removed all the same.
        chmod(path, 0o700)
        var isEmpty = true
        for name in names(in: path) where name != spared {
            let child = path + "/" + name
            var status = claviger_file_status()
            guard claviger_file_look(child, &status) == 0 else { continue }
            if !status.is_folder {
                isEmpty = unlink(child) == 0 && isEmpty
            } else if status.device == device {
                isEmpty = empty(child, on: device, sparing: nil) && rmdir(child) == 0 && isEmpty
            } else {
                isEmpty = false
            }
        }
        return isEmpty
    }

    /// What a folder holds, in order; nothing when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { found.append(name) }
        }
        return found.sorted()
    }
}
