import CChaos
import CFaultPage
import Glibc

/// What a loss of power takes from a node's disk: of each file all that came after its last sync, as
/// libclaviger-faults.so noted it beside the file. The audit log's folder stays as the kernel has it, as do names: a
/// disk may have kept both.
package struct PowerLoss: Sendable, Equatable {
    /// A file that became shorter.
    package struct Cut: Sendable, Equatable {
        /// From the node's folder on.
        package let file: String
        package let bytes: Int64
    }

    /// By name.
    package private(set) var cuts: [Cut] = []

    private static let audit = "audit"

    /// Cuts the files of a node whose process is gone to what it had synced. Blocks. Throws for the first file that
    /// cannot be cut.
    package init(at data: String) throws(ChaosError) {
        try strike(data, "", except: Self.audit)
    }

    private mutating func strike(_ data: String, _ folder: String, except spared: String?) throws(ChaosError) {
        for name in FolderRemoval.names(in: data + folder) where name != spared {
            let file = "\(folder)/\(name)"
            var status = claviger_file_status()
            guard claviger_file_look(data + file, &status) == 0 else {
                throw ChaosError(data + file, "cannot be looked at: \(String(cString: strerror(errno)))")
            }
            if status.is_folder {
                try strike(data, file, except: nil)
            } else if status.is_plain {
                let bytes = claviger_cut_to_note(data + file)
                guard bytes >= 0 else {
                    throw ChaosError(
                        data + file, "cannot be cut to what was synced: \(String(cString: strerror(errno)))")
                }
                if bytes > 0 { cuts.append(Cut(file: String(file.dropFirst()), bytes: bytes)) }
            }
        }
    }

    /// What is gone, for a person: the first few files.
    package var text: String {
        guard !cuts.isEmpty else { return "everything was synced" }
        let named = cuts.prefix(6).map { "\($0.file) \($0.bytes) B" }.joined(separator: ", ")
        return "not synced and gone: \(named)" + (cuts.count > 6 ? " and \(cuts.count - 6) more" : "")
    }

    /// Why nobody could know of the files in a folder what is synced of them, for a person; nil: it can be known.
    package static func obstacle(in folder: String) -> String? {
        let error = claviger_try_note(folder)
        guard error != 0 else { return nil }
        return "the file system of \(folder) keeps no attributes of users: \(String(cString: strerror(error)))"
    }
}
