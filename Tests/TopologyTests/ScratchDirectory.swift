import Glibc
import Testing
import Topology

/// A directory of one test, removed with the value.
final class ScratchDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/claviger-topology.XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit {
        _ = try? DetachedProcess.spawn("/bin/rm", arguments: ["-rf", path], log: "/dev/null").wait()
    }

    /// The permission bits of a file or directory.
    static func mode(of path: String) throws -> UInt32 { try #require(PrivateFile.permissions(of: path)) }
}
