import CFaultPage
import Chaos
import FoundationEssentials
import Glibc
import Testing
import Topology

/// A folder with a page of faults, and programs of the system that run with the library in a data folder below it.
final class FaultTrial: Sendable {
    let folder: String
    let page: FaultPage

    init(notesSyncs: Bool = false) throws {
        folder = "/tmp/claviger-faults-\(UUID().uuidString)"
        for area in ["store", "audit"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/data/\(area)", withIntermediateDirectories: true)
        }
        page = try FaultPage(creating: "\(folder)/page", notesSyncs: notesSyncs)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var data: String { "\(folder)/data" }

    /// Runs a program to its end. Returns its exit code and what it printed; `variables` in place of those of the page.
    func run(
        _ program: String, _ arguments: String..., variables: [String: String]? = nil
    ) throws -> (code: Int32, text: String) {
        let log = "\(folder)/log-\(UUID().uuidString)"
        let process = try DetachedProcess.spawn(
            program, arguments: arguments,
            environment: variables ?? FaultPage.environment(page: "\(folder)/page", data: data), log: log)
        let status = process.wait()
        let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        return ((status >> 8) & 0xff, text)
    }

    /// Writes zeros to a file below the data with dd(1).
    func fill(_ file: String, blocks: Int, synced: Bool = false) throws -> Int32 {
        let sync = synced ? "conv=fsync" : "conv=notrunc"
        return try run("/usr/bin/dd", "if=/dev/zero", "of=\(data)/\(file)", "bs=4096", "count=\(blocks)", sync).code
    }

    /// The length of a file below the data; nil where there is none.
    func length(of file: String) -> Int64? {
        var facts = stat()
        return stat("\(data)/\(file)", &facts) == 0 ? Int64(facts.st_size) : nil
    }

    /// How much of a file below the data is noted to be on disk: 0 without a note, -1 where there is no file.
    func noted(of file: String) -> Int64 { claviger_noted_length("\(data)/\(file)") }

    /// Appends to a file below the data without syncing it, with nothing of the library in the way.
    func append(_ count: Int, to file: String) throws {
        let stream = try #require(fopen("\(data)/\(file)", "a"))
        defer { fclose(stream) }
        let written = fwrite([UInt8](repeating: 1, count: count), 1, count, stream)
        #expect(written == count)
    }

    /// The page as the library sees it.
    func bytes() -> Data { FileManager.default.contents(atPath: "\(folder)/page") ?? Data() }

    static var isPossible: Bool { FaultPage.libraryPath() != nil }
}
