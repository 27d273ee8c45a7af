import Audit
import KeyModel
import Testing

@Suite("AuditRecordCodec")
struct AuditRecordCodecTests {
    private var full: AuditRecord {
        var record = AuditRecord(
            time: -5, action: "decrypt", decision: .deny, outcome: AuditOutcome(.permissionDenied), node: "eu-west",
            region: "west")
        record.requestID = "r"
        record.principal = "spiffe://claviger.local/workload/döner"
        record.authentication = "mtls"
        record.source = "127.0.0.1:1"
        record.door = "grpc"
        record.placement = "eu"
        record.tenant = "acme"
        record.keyName = "orders"
        record.keyID = Array(0..<16)
        record.keyVersion = .max
        record.rules = ["a", "", "b"]
        record.contextDigest = [1, 2]
        record.bytesIn = .max
        record.bytesOut = 3
        record.latencyNanoseconds = 4
        record.freshnessMilliseconds = 0
        record.change = AuditedChange(group: 1, term: 2, index: 3)
        record.effect = "enabled -> disabled"
        return record
    }

    @Test("A record comes back as it was")
    func roundTrip() throws {
        let decoded = try #require(AuditRecordCodec.decode(AuditRecordCodec.encode(full, sequence: 42)))
        #expect(decoded.sequence == 42)
        #expect(decoded.record == full)
    }

    @Test("The bytes of format 1 do not change")
    func golden() {
        var record = AuditRecord(time: 2, action: "a", decision: .allow, outcome: .done, node: "n", region: "r")
        record.keyID = [9]
        let expected: [UInt8] =
            [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]
            + [UInt8](repeating: 0, count: 10) + [0, 1, 97] + [UInt8](repeating: 0, count: 6) + [0, 1, 9]
            + [UInt8](repeating: 0, count: 8) + [1, 0, 0, 2, 111, 107, 0, 0] + [UInt8](repeating: 0, count: 24)
            + [0, 0, 1, 110, 0, 1, 114, 0, 0, 0]
        #expect(AuditRecordCodec.encode(record, sequence: 1) == expected)
    }

    @Test("No shorter or longer text of bytes is a record")
    func truncated() {
        let bytes = AuditRecordCodec.encode(full, sequence: 1)
        for count in 0..<bytes.count { #expect(AuditRecordCodec.decode(Array(bytes.prefix(count))) == nil) }
        #expect(AuditRecordCodec.decode(bytes + [0]) == nil)
    }

    @Test("Arbitrary damage is never a trap")
    func damaged() {
        let bytes = AuditRecordCodec.encode(full, sequence: 1)
        var decoded = 0
        for position in bytes.indices {
            for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var copy = bytes
                copy[position] = value
                if AuditRecordCodec.decode(copy) != nil { decoded += 1 }
            }
        }
        #expect(decoded > 0 && decoded < bytes.count * 5)
    }

    @Test("Text that is too long is cut at the edge of a character")
    func cut() throws {
        var record = full
        record.keyName = String(repeating: "é", count: 2_000)
        record.source = "x" + record.keyName
        let decoded = try #require(AuditRecordCodec.decode(AuditRecordCodec.encode(record, sequence: 1))).record
        #expect(decoded.keyName.utf8.count == 1024)
        #expect(decoded.source.utf8.count == 1023)
        #expect(record.keyName.hasPrefix(decoded.keyName))
    }
}
