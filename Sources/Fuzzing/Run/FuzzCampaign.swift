import Foundation

/// Runs decoders one after another or side by side, each in a process of its own, and tells how each ended.
package struct FuzzCampaign: Sendable {
    /// How one decoder's run ended.
    package struct Result: Sendable {
        package let decoder: FuzzedDecoder
        package let executions: Int
        package let perSecond: Int
        /// Edges of the program that were reached.
        package let edges: Int
        /// The input of a failure, and the line that says what it is.
        package let failure: (path: String, reason: String)?
    }

    /// Seconds for each decoder.
    package var seconds: Int
    /// Inputs to begin with.
    package var corpus: Corpus
    /// Where new inputs, logs and failures go.
    package var directory: String
    /// The program to start again as a worker.
    package var program: String

    /// Seconds for one input. Decoders take microseconds; the sanitizer and a busy machine make that more.
    static let inputSeconds = 5
    /// MiB of one allocation: far above what any limit of the formats allows.
    static let allocation = 64
    static let memory = 1024

    package init(seconds: Int, corpus: Corpus, directory: String, program: String) {
        self.seconds = seconds
        self.corpus = corpus
        self.directory = directory
        self.program = program
    }

    /// Runs a decoder to its end. Blocks.
    package func run(_ decoder: FuzzedDecoder) throws -> Result {
        let folder = "\(directory)/\(decoder.name)"
        let (found, failures) = (folder + "/corpus", folder + "/failures/")
        for path in [found, failures] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        // Without kept inputs it begins with what the encoder writes.
        let kept = "\(corpus.directory)/\(decoder.name)"
        let hasKept = FileManager.default.fileExists(atPath: kept)
        for (position, seed) in try decoder.seeds().enumerated() where !hasKept {
            try Corpus.write(seed, to: "\(found)/\(Corpus.seedName(position))")
        }
        let known = Set(try FileManager.default.contentsOfDirectory(atPath: failures))
        let log = folder + "/log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let worker = Process()
        worker.executableURL = URL(fileURLWithPath: program)
        worker.arguments =
            ["work", decoder.name] + arguments(decoder, failures: failures)
            + [found] + (hasKept ? [kept] : [])
        worker.environment = Self.environment
        let output = FileHandle(forWritingAtPath: log)
        worker.standardOutput = output
        worker.standardError = output
        worker.standardInput = FileHandle.nullDevice
        try worker.run()
        worker.waitUntilExit()
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        return Self.result(
            of: decoder, status: worker.terminationStatus, lines: lines.map(String.init), log: log,
            fresh: try FileManager.default.contentsOfDirectory(atPath: failures).filter { !known.contains($0) }
                .sorted().map { failures + $0 })
    }

    private func arguments(_ decoder: FuzzedDecoder, failures: String) -> [String] {
        [
            "-max_total_time=\(seconds)", "-timeout=\(Self.inputSeconds)", "-rss_limit_mb=\(Self.memory)",
            "-max_len=\(decoder.limit)", "-artifact_prefix=\(failures)", "-print_final_stats=1", "-detect_leaks=0",
            "-verbosity=1", "-use_value_profile=1",
        ]
    }

    /// The runtime's own backtracer would take the signal of a trap before libFuzzer sees it, and the input were lost.
    /// The limit of one allocation is the sanitizer's: libFuzzer's own does not see what the Swift runtime allocates.
    private static var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["SWIFT_BACKTRACE"] = "enable=no"
        environment["ASAN_OPTIONS"] =
            "detect_leaks=0:quarantine_size_mb=16:allocator_may_return_null=0:max_allocation_size_mb=\(allocation)"
        return environment
    }

    static func result(
        of decoder: FuzzedDecoder, status: Int32, lines: [String], log: String, fresh: [String]
    ) -> Result {
        func last(_ name: String) -> Int {
            let line = lines.last { $0.contains(name) } ?? ""
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard let place = words.lastIndex(of: name), place + 1 < words.count else { return 0 }
            return Int(words[place + 1]) ?? 0
        }
        let telling = ["finding: ", "Fatal error: ", "ERROR: "]
        let reason = lines.first { line in telling.contains { line.contains($0) } }
        // Slow inputs are told of, but only one above the limit is a failure; libFuzzer names that one `timeout-…`.
        let input = fresh.first { !$0.contains("/slow-unit-") }
        let executions = last("stat::number_of_executed_units:")
        var failure: (path: String, reason: String)?
        if let input {
            failure = (input, reason ?? "the process ended with status \(status)")
        } else if status != 0 || executions == 0 {
            failure = (log, reason ?? "the worker ended with status \(status) and no input")
        }
        return Result(
            decoder: decoder, executions: executions, perSecond: last("stat::average_exec_per_sec:"),
            edges: last("cov:"), failure: failure)
    }
}
