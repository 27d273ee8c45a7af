import Glibc
import Testing
import Topology

/// A folder of one test, removed with the value.
final class ScratchFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/claviger-stage.XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { _ = try? DetachedProcess.spawn("/bin/rm", arguments: ["-rf", path], log: "/dev/null").wait() }
}
