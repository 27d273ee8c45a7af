import Raft
import Testing
import Wire

@Suite("Log and membership formats")
struct LogFormatTests {
    @Test("An entry, a hard state, a membership and a snapshot survive the way there and back")
    func roundTrip() throws {
        for entry in Samples.append.entries { #expect(try LogEntry(wireBytes: entry.wireBytes()) == entry) }
        let state = HardState(term: Term(3), vote: ReplicaID(0x1_0001), commit: LogIndex(5))
        #expect(try HardState(wireBytes: state.wireBytes()) == state)
        #expect(try Membership(wireBytes: Samples.membership.wireBytes()) == Samples.membership)
        #expect(try SnapshotMetadata(wireBytes: Samples.snapshot.metadata.wireBytes()) == Samples.snapshot.metadata)
        #expect(try Snapshot(wireBytes: Samples.snapshot.wireBytes()) == Samples.snapshot)
    }

    @Test("The bytes of an entry and a membership are the ones of format 1")
    func golden() throws {
        #expect(hex(try Samples.append.entries[0].wireBytes()) == "0806102a2202aabb")
        #expect(hex(try Samples.append.entries[1].wireBytes()) == "0807102b1802")
        #expect(
            hex(try Samples.membership.wireBytes())
                == "0a09818004818008" + "81800c" + "1203828010" + "1a03818004" + "2203818014" + "2801")
    }

    @Test(
        "Lists that are unsorted, repeated or hold none are refused",
        arguments: [[2, 1], [1, 1], [0, 1]] as [[UInt64]])
    func unsorted(_ voters: [UInt64]) {
        #expect(throws: WireError.inconsistent("voters is not sorted and unique")) {
            try Membership(voters: voters.map { ReplicaID($0) }).wireBytes()
        }
        #expect(throws: WireError.inconsistent("voters is not sorted and unique")) {
            try Membership(wireBytes: [0x0A, 2] + voters.map { UInt8($0) })
        }
    }

    @Test("An unknown entry kind is refused")
    func entryKind() {
        #expect(throws: WireError.unknownKind(9)) { try LogEntry(wireBytes: [0x18, 9]) }
    }

    @Test("Snapshots without metadata or membership are refused")
    func missing() {
        #expect(throws: WireError.missingField("snapshot metadata")) { try Snapshot(wireBytes: []) }
        #expect(throws: WireError.missingField("snapshot membership")) { try SnapshotMetadata(wireBytes: []) }
    }
}

@Suite("Hostile bytes")
struct HostileBytesTests {
    @Test("Mutated frames are decoded or refused, and what is decoded encodes to itself", arguments: 0..<8)
    func mutations(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let originals = try Samples.envelopes.map { try $0.wireBytes() }
        var refused = 0
        for _ in 0..<4000 {
            var bytes = originals.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&bytes, with: &generator) }
            do throws(WireError) {
                let envelope = try PeerEnvelope(wireBytes: bytes)
                #expect(try PeerEnvelope(wireBytes: envelope.wireBytes()) == envelope)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    @Test("Random bytes never trap any decoder", arguments: 0..<4)
    func noise(_ seed: Int) {
        var generator = SeededGenerator(seed: 1000 + UInt64(seed))
        var refused = 0
        for _ in 0..<4000 {
            let bytes = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if (try? PeerEnvelope(wireBytes: bytes)) == nil { refused += 1 }
            _ = try? Message(wireBytes: bytes)
            _ = try? LogEntry(wireBytes: bytes)
            _ = try? Membership(wireBytes: bytes)
            _ = try? Snapshot(wireBytes: bytes)
            _ = try? PeerHello(wireBytes: bytes)
            _ = try? HardState(wireBytes: bytes)
        }
        #expect(refused > 3000)
    }

    @Test("Every truncation of a frame is decoded or refused", arguments: Samples.envelopes)
    func truncated(_ envelope: PeerEnvelope) throws {
        let bytes = try envelope.wireBytes()
        for length in 0..<bytes.count { #expect((try? PeerEnvelope(wireBytes: Array(bytes[..<length]))) != envelope) }
    }

    private func mutate(_ bytes: inout [UInt8], with generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return bytes.append(UInt8.random(in: 0...255, using: &generator)) }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        case 2: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        }
    }
}
