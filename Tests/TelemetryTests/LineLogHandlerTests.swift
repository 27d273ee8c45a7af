import Logging
import Synchronization
import Telemetry
import Testing

@Suite("LineLogHandler")
struct LineLogHandlerTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
        func take(_ line: String) { all.withLock { $0.append(line) } }
        /// Without the time, which is the first 24 characters.
        var bodies: [String] { all.withLock { $0.map { String($0.dropFirst(25)) } } }
    }

    private func logger(_ lines: Lines, level: Logger.Level = .info) -> Logger {
        Logger(label: "test") { LineLogHandler(label: $0, level: level, write: lines.take) }
    }

    @Test("A line has time, level, label, message and sorted metadata")
    func line() throws {
        let lines = Lines()
        var logger = logger(lines)
        logger[metadataKey: LogKey.nodeID] = "eu-west"
        logger.notice("leader changed", metadata: [LogKey.raftTerm: "7", LogKey.action: "two words"])
        #expect(lines.bodies == ["notice test leader changed action=\"two words\" node.id=eu-west raft.term=7\n"])
        let first = try #require(lines.all.withLock { $0.first })
        #expect(first.prefix(24).wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test("Events below the level are dropped")
    func level() {
        let lines = Lines()
        logger(lines).debug("unseen")
        #expect(lines.bodies.isEmpty)
    }

    @Test(
        "Foreign text cannot end the line, move the cursor or turn the direction",
        arguments: [
            "a\nb", "a\rb", "a\u{1B}[2Jb", "a\u{202E}b", "a\u{0}b", "a\u{2028}b", "a\u{9B}b", "x\" node.id=\"eu",
        ])
    func injection(value: String) {
        let lines = Lines()
        logger(lines).info("\(value)", metadata: ["k": "\(value)", "\(value)": "v"])
        let line = lines.bodies.joined()
        #expect(
            line.unicodeScalars.dropLast().allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x202E })
        #expect(line.unicodeScalars.filter { $0 == "\n" }.count == 1)
        #expect(!line.contains("k=\"x\" node.id"))
    }

    @Test("A huge value is cut")
    func huge() {
        let lines = Lines()
        logger(lines).info("m", metadata: ["k": "\(String(repeating: "x", count: 1_000_000))"])
        #expect(lines.bodies.joined().utf8.count < 3_000)
    }

    @Test(
        "Timestamps are printed in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func timestamps(nanoseconds: Int64, text: String) {
        #expect(Timestamp(nanoseconds: nanoseconds).text == text)
    }
}
