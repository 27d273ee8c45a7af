import ArgumentParser
import Foundation
import Simulation

/// The copy of the repository that has the mistakes in it. Nothing outside of its folder is ever written.
struct SeededTree {
    let path: String
    /// What is copied: the package, and what its tests and claviger-chaos read.
    private static let copied = ["Package.swift", "Package.resolved", "Sources", "Tests", "topology", "chaos"]
    /// Stands in every copy. A folder without it is somebody else's.
    private static let mark = "made-by-claviger-sim-mutants"

    /// Throws when the folder is no place for a copy.
    init(path: String) throws(SeededBugError) {
        let here = Self.resolved(".")
        let wanted = Self.resolved(path)
        self.path = wanted
        for original in Self.copied where wanted == "\(here)/\(original)" || wanted.hasPrefix("\(here)/\(original)/") {
            throw SeededBugError("\(path) is a part of what is to be copied")
        }
    }

    /// The absolute path without links and dots. Folders that do not exist yet keep their names.
    private static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }

    // MARK: Writing

    /// Makes the copy what the repository and the mistakes are now. Files that are right already are left alone, so
    /// that the next build is short.
    func write(_ list: SeededBugList) throws {
        try claim()
        var wanted: [String: Data] = [:]
        for original in Self.copied { try collect(original, into: &wanted) }
        let changed = try list.applied { file in wanted[file].map { String(decoding: $0, as: UTF8.self) } }
        for (file, text) in changed { wanted[file] = Data(text.utf8) }
        for module in list.modules {
            let file = SeededBugList.supportFile(of: module)
            guard wanted[file] == nil else { throw ValidationError("\(file) is taken") }
            wanted[file] = Data(SeededBugList.support.utf8)
        }
        for (file, content) in wanted { try put(content, at: "\(path)/\(file)") }
        for original in Self.copied { try removeStrays(below: original, keeping: wanted) }
    }

    private func claim() throws {
        let files = FileManager.default
        let here = Self.resolved(".")
        guard path != here, !here.hasPrefix(path + "/") else {
            throw ValidationError("\(path) is the repository itself, or above it")
        }
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
        let isOurs = files.fileExists(atPath: "\(path)/\(Self.mark)")
        // A finished build may be put there beforehand.
        let others = try files.contentsOfDirectory(atPath: path).filter { $0 != ".build" }
        guard isOurs || others.isEmpty else {
            throw ValidationError("\(path) has files of somebody else in it; choose another folder with --dir")
        }
        try put(Data(), at: "\(path)/\(Self.mark)")
    }

    private func collect(_ file: String, into wanted: inout [String: Data]) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else {
            wanted[file] = try Data(contentsOf: URL(fileURLWithPath: file))
            return
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: file).sorted() {
            try collect("\(file)/\(name)", into: &wanted)
        }
    }

    private func put(_ content: Data, at file: String) throws {
        let url = URL(fileURLWithPath: file)
        if let old = try? Data(contentsOf: url), old == content { return }
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try content.write(to: url)
    }

    private func removeStrays(below file: String, keeping wanted: [String: Data]) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: "\(path)/\(file)", isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else {
            if wanted[file] == nil { try FileManager.default.removeItem(atPath: "\(path)/\(file)") }
            return
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(file)") {
            try removeStrays(below: "\(file)/\(name)", keeping: wanted)
        }
    }

    // MARK: Building

    /// Builds programs and tests; what the compiler says goes where our own output goes.
    func build() throws {
        MutantsCommand.tell("building the copy in \(path): the first time this takes a quarter of an hour")
        let arguments = ["swift", "build", "-c", "release", "--build-tests", "--package-path", path]
        let log = "\(path)/build.log"
        let end = try ChildProcess.run(
            [ChildProcess.Order(program: "/usr/bin/env", arguments: arguments, log: log, limit: 7200)], atOnce: 1)
        guard end[0].succeeded else {
            print("the copy does not build; see \(log)")
            throw ExitCode(1)
        }
    }
}
