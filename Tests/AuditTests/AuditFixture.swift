import Audit
import Foundation
import GRDB
import Synchronization

/// A directory of its own for one test, removed at the end.
final class AuditFixture {
    let directory = NSTemporaryDirectory() + "claviger-audit-\(UUID().uuidString)"
    var configuration: AuditConfiguration

    init() {
        configuration = AuditConfiguration(directory: directory, node: "eu-west", region: "west")
        configuration.reserve = 0
        configuration.probeInterval = .milliseconds(20)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    static func record(_ number: Int) -> AuditRecord {
        var record = AuditRecord(
            time: 1_700_000_000_000_000_000 + Int64(number), action: "encrypt", decision: .allow, outcome: .done,
            node: "eu-west", region: "west")
        record.requestID = "request-\(number)"
        record.placement = "eu"
        record.keyID = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 16)
        return record
    }

    static func records(_ range: Range<Int>) -> [AuditRecord] { range.map { record($0) } }

    /// The log's files in order.
    func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".sqlite") }.sorted()
            .map { directory + "/" + $0 }
    }

    func size(of file: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
    }

    /// Changes a closed file behind the log's back.
    func tamper(_ file: String, _ sql: String) throws {
        try DatabaseQueue(path: file).writeWithoutTransaction { try $0.execute(sql: sql) }
    }
}

/// A value that a test changes while the log's thread reads it.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    func set(_ new: Value) { value.withLock { $0 = new } }
    var current: Value { value.withLock { $0 } }
}

/// Waits for a condition that the log's thread brings about.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<2_000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}

func removeFile(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

func copyFile(_ source: String, _ target: String) throws {
    try FileManager.default.copyItem(atPath: source, toPath: target)
}

func makeDirectory(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
}

/// Flips a bit at a part of the file's length.
func flipBit(_ path: String, at part: Double) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    data[Int(Double(data.count) * part)] ^= 1
    try data.write(to: URL(fileURLWithPath: path))
}

/// Overwrites a file from its first byte on with what is no database.
func writeGarbage(_ path: String) throws {
    try Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }).write(to: URL(fileURLWithPath: path))
}
