import Glibc

/// The three files of an identity directory as they were at one look: another inode, size or time means another
/// content.
package struct IdentityFiles: Hashable, Sendable {
    package let directory: String
    private var marks: [[Int]]

    /// Nil while a file is missing or cannot be looked at, as in the middle of a renewal.
    package init?(directory: String) {
        self.directory = directory
        marks = []
        for name in ["ca.pem", "cert.pem", "key.pem"] {
            var seen = stat()
            guard stat("\(directory)/\(name)", &seen) == 0 else { return nil }
            marks.append([
                Int(seen.st_dev), Int(seen.st_ino), Int(seen.st_size), seen.st_mtim.tv_sec, seen.st_mtim.tv_nsec,
            ])
        }
    }
}
