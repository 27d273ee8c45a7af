import Glibc

extension FaultPage {
    /// The path of libclaviger-faults.so: what CLAVIGER_FAULTS_LIBRARY names, else beside the running program, else in
    /// a folder `release` of one of the folders that the program is in. Nil if it is not there, or if its path has a
    /// space or a colon, which LD_PRELOAD does not take.
    package static func libraryPath() -> String? {
        if let named = getenv("CLAVIGER_FAULTS_LIBRARY") { return usable(String(cString: named)) }
        guard let program = resolved("/proc/self/exe") else { return nil }
        var folder = parent(of: program)
        if let beside = usable("\(folder)/\(libraryName)") { return beside }
        while !folder.isEmpty {
            if let found = usable("\(folder)/release/\(libraryName)") { return found }
            folder = parent(of: folder)
        }
        return nil
    }

    /// What a node's process has to have in its environment besides what it has: `data` is the absolute path of its
    /// folder, which may be made later. Without a library there is no LD_PRELOAD in it.
    package static func environment(page: String, data: String) -> [String: String] {
        var variables = ["CLAVIGER_FAULTS": page, "CLAVIGER_FAULTS_DATA": data]
        guard let library = libraryPath() else { return variables }
        let others = getenv("LD_PRELOAD").map { String(cString: $0) } ?? ""
        variables["LD_PRELOAD"] = others.isEmpty ? library : "\(library):\(others)"
        return variables
    }

    private static let libraryName = "libclaviger-faults.so"

    private static func usable(_ path: String) -> String? {
        let isWhole = path.hasPrefix("/") && !path.contains { $0 == " " || $0 == ":" }
        return isWhole && access(path, R_OK) == 0 ? path : nil
    }

    /// Empty for what is at the root.
    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private static func resolved(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }
}
